package org.pgsteward.backup.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pgsteward.backup.Age;
import org.pgsteward.model.Secret;

@Tag("fast")
class AgeKeysTest {
    private final Age ours = Age.keys();
    private final Age others = Age.keys();

    @Test
    void withoutRecipientsNothingIsEncrypted() {
        AgeKeys keys = AgeKeys.of(List.of(), Optional.empty());
        assertThat(keys.encrypts()).isFalse();
        assertThat(keys.opens()).isFalse();
    }

    @Test
    void anIdentityWithoutRecipientsStillDecrypts() {
        AgeKeys keys = AgeKeys.of(List.of(), Optional.of(new Secret(ours.identity())));
        assertThat(keys.encrypts()).isFalse();
        assertThat(keys.opens()).isTrue();
    }

    @Test
    void recipientsWithoutAnIdentityOnlyEncrypt() {
        AgeKeys keys = AgeKeys.of(List.of(ours.recipient()), Optional.empty());
        assertThat(keys.encrypts()).isTrue();
        assertThat(keys.opens()).isFalse();
    }

    @Test
    void theIdentityOfOneRecipientSuffices() {
        AgeKeys keys =
                AgeKeys.of(List.of(others.recipient(), ours.recipient()), Optional.of(new Secret(ours.identity())));
        assertThat(keys.recipients()).containsExactlyInAnyOrder(ours.recipient(), others.recipient());
        assertThat(keys.opens()).isTrue();
    }

    @Test
    void aFileOfAgeKeygenIsTakenWithItsCommentsAndAllItsKeys() {
        String file = "# created: 2026-01-02T03:04:05Z\n# public key: " + others.recipient() + "\n" + others.identity()
                + "\n\n" + ours.identity() + "\r\n";
        assertThat(AgeKeys.of(List.of(ours.recipient()), Optional.of(new Secret(file)))
                        .opens())
                .isTrue();
    }

    @Test
    void anIdentityOfNoRecipientStopsTheStartUnquoted() {
        Secret wrong = new Secret(others.identity());
        assertThatThrownBy(() -> AgeKeys.of(List.of(ours.recipient()), Optional.of(wrong)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("pgsteward.backup.identity decrypts no backup that is encrypted for"
                        + " pgsteward.backup.recipients (" + ours.recipient() + ")")
                .satisfies(thrown -> assertThat(allThatIsSaidBy(thrown)).doesNotContain(others.identity()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "age1",
                "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8q",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGuP",
                "me@example.org",
                "AGE1QL3Z7HJY54PW3HYWW5AYYFG7ZQGVC7W3J2ELW8ZMRJ2KG5SFN9AQMCAC8"
            })
    void aRecipientThatIsNoKeyStopsTheStartByItsName(String recipient) {
        assertThatThrownBy(() -> AgeKeys.of(List.of(ours.recipient(), recipient), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pgsteward.backup.recipients contains '" + recipient
                        + "', which is not a public key of age (age1..., from age-keygen)");
    }

    @Test
    void aSecretKeyAmongTheRecipientsIsRefusedAndNotQuoted() {
        for (String secret : List.of(ours.identity(), ours.identity().toLowerCase(Locale.ROOT))) {
            assertThatThrownBy(() -> AgeKeys.of(List.of(secret), Optional.empty()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("contains a secret key")
                    .satisfies(thrown -> assertThat(allThatIsSaidBy(thrown)).doesNotContain(secret));
        }
    }

    @ParameterizedTest
    @CsvSource({"AGE-SECRET-KEY-1", "the-password-of-something", "'# only a comment'"})
    void anInvalidIdentityStopsTheStartUnquoted(String identity) {
        assertThatThrownBy(() -> AgeKeys.of(List.of(), Optional.of(new Secret(identity))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("pgsteward.backup.identity is not an age identity")
                .satisfies(thrown -> assertThat(allThatIsSaidBy(thrown).replace("AGE-SECRET-KEY-1...", ""))
                        .doesNotContain(identity));
    }

    private static String allThatIsSaidBy(Throwable thrown) {
        StringWriter said = new StringWriter();
        thrown.printStackTrace(new PrintWriter(said, true));
        return said.toString();
    }
}
