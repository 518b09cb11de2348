package org.pgsteward.postgres.login;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.Secret;
import org.postgresql.shaded.com.ongres.scram.common.ScramFunctions;
import org.postgresql.shaded.com.ongres.scram.common.ScramMechanism;
import org.postgresql.shaded.com.ongres.scram.common.ServerFirstMessage;
import org.postgresql.shaded.com.ongres.scram.common.StringPreparation;

@Tag("fast")
class ScramKeysTest {
    private static final ScramMechanism SHA_256 = ScramMechanism.SCRAM_SHA_256;
    private static final String SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";

    /** Checks the example of RFC 7677, section 3. */
    @Test
    void theKeysAreThoseOfTheStandardsExample() {
        ScramKeys keys = keys("pencil", SALT, 4096);

        String message = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," + "s="
                + SALT + ",i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        byte[] stored = ScramFunctions.storedKey(SHA_256, keys.client());
        byte[] signature = ScramFunctions.clientSignature(SHA_256, stored, message);
        assertThat(ScramFunctions.clientProof(keys.client(), signature))
                .asBase64Encoded()
                .isEqualTo("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        assertThat(ScramFunctions.serverSignature(SHA_256, keys.server(), message))
                .asBase64Encoded()
                .isEqualTo("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    @Test
    void theyAreDerivedOnceForOnePasswordAndSaltAndAnewForAnyOther() {
        ScramKeys keys = keys("pencil", SALT, 4096);

        assertThat(keys("pencil", SALT, 4096)).isSameAs(keys);
        assertThat(keys("pencils", SALT, 4096).client()).isNotEqualTo(keys.client());
        assertThat(keys("pencil", "AAAA", 4096).client()).isNotEqualTo(keys.client());
        assertThat(keys("pencil", SALT, 4097).client()).isNotEqualTo(keys.client());
    }

    @Test
    void aFalseServerThatNamesEverNewSaltsDoesNotFillTheMemory() {
        ScramKeys first = keys("crayon", SALT, 4096);
        for (int salt = 10; salt < 30; salt++) {
            keys("crayon", "AA" + salt, 4096);
        }

        assertThat(keys("crayon", SALT, 4096)).isNotSameAs(first);
    }

    private static ScramKeys keys(String password, String salt, int iterations) {
        return ScramKeys.of(
                SHA_256,
                StringPreparation.POSTGRESQL_PREPARATION,
                new Secret(password),
                new ServerFirstMessage("client", "server", salt, iterations));
    }
}
