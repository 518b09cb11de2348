package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class NamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "app",
                "my-app",
                "App",
                "über",
                "приложение",
                "αρχείο",
                "料理",
                "देवनागरी",
                "2fauth",
                "a.b_c@d+e-f",
                "two words",
                "a-postgres",
                "homelab2",
                "pgsteward-test",
                "pg",
                "nonesuch"
            })
    void oddNamesAreNames(String name) {
        assertThatCode(() -> Names.check("service", name, name)).doesNotThrowAnyException();
    }

    @Test
    void theLongestNameHasFiftyCharactersAndSixtyThreeBytes() {
        assertThatCode(() -> Names.check("user", "x".repeat(50), "app")).doesNotThrowAnyException();
        assertThatCode(() -> Names.check("user", "料".repeat(21), "app")).doesNotThrowAnyException();
    }

    static List<Arguments> illegal() {
        return List.of(
                Arguments.of("", "is empty"),
                Arguments.of("  ", "is empty"),
                Arguments.of("x".repeat(51), "longer than 50 characters"),
                Arguments.of("料".repeat(22), "longer than 63 bytes"),
                Arguments.of("u\u0308ber", "composed form"),
                Arguments.of("-app", "does not begin"),
                Arguments.of(".app", "does not begin"),
                Arguments.of("_app", "does not begin"),
                Arguments.of(" app", "does not begin"),
                Arguments.of("\u0301app", "does not begin"),
                Arguments.of("app ", "ends with a space"),
                Arguments.of("a\u00a0b", "allowed: letters"),
                Arguments.of("a\"b", "contains '\"'"),
                Arguments.of("a'b", "contains '''"),
                Arguments.of("a;b", "contains ';'"),
                Arguments.of("a\\b", "contains '\\'"),
                Arguments.of("../a", "contains '/'"),
                Arguments.of("${env:X}", "contains '$'"),
                Arguments.of("{{x}}", "contains '{'"),
                Arguments.of("a<b>", "contains '<'"),
                Arguments.of("a\0b", "an invisible character"),
                Arguments.of("a\nb", "an invisible character"),
                Arguments.of("a\tb", "an invisible character"),
                Arguments.of("a\u0085b", "an invisible character"),
                Arguments.of("a\u2028b", "an invisible character"),
                Arguments.of("a\u200bb", "an invisible character"),
                Arguments.of("a\u202eb", "an invisible character"),
                Arguments.of("a\ufeffb", "an invisible character"),
                Arguments.of("a\u3164b", "an invisible character"),
                Arguments.of("1\ufe0f", "an invisible character"),
                Arguments.of("a\ue000b", "an invisible character"),
                Arguments.of("a\u0378b", "an invisible character"),
                Arguments.of("a\ud83d", "an invisible character"),
                Arguments.of("1\u20e3", "allowed: letters"),
                Arguments.of("app\ud83d\ude00", "allowed: letters"),
                Arguments.of("½", "allowed: letters"),
                Arguments.of("p\u0430ypal", "similar letters"),
                Arguments.of("\u0391pp", "similar letters"),
                Arguments.of("postgres", "is reserved"),
                Arguments.of("Postgres", "is reserved"),
                Arguments.of("ｐｏｓｔｇｒｅｓ", "is reserved"),
                Arguments.of("template0", "is reserved"),
                Arguments.of("Templates", "is reserved"),
                Arguments.of("pg_monitor", "is reserved"),
                Arguments.of("PG_anything", "is reserved"),
                Arguments.of("pgsteward_proof", "is reserved"),
                Arguments.of("homelab", "is reserved"),
                Arguments.of("public", "is reserved"),
                Arguments.of("PgSteward", "is reserved"),
                Arguments.of("none", "is reserved"));
    }

    @ParameterizedTest
    @MethodSource("illegal")
    void invalidNamesAreRefusedWithTheReason(String name, String reason) {
        assertThatThrownBy(() -> Names.check("database", name, "app"))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageStartingWith("cannot enrol service 'app': database '")
                .hasMessageContaining(reason)
                .hasMessageEndingWith("choose another name with the label pgsteward.database");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0\n\r\u001b[31m", "\u202e\u200b\u2028", "\ud800", "\ufe0f"})
    void nothingUnseenIsEverPrinted(String text) {
        assertThat(Names.printable(text)).matches("[\\[a-z0-9?]+");
    }

    @Test
    void aLongTextIsCutBetweenCharacters() {
        assertThat(Names.printable("\ud83d\ude00".repeat(51))).isEqualTo("\ud83d\ude00".repeat(50) + "…");
        assertThat(Names.printable("x".repeat(50))).isEqualTo("x".repeat(50));
    }

    @Test
    void extensionsAreAListInOneLabel() {
        assertThat(Names.extensions(" vector, pg_trgm,,uuid-ossp,vector ", "app"))
                .containsExactly("vector", "pg_trgm", "uuid-ossp");
        assertThat(Names.extensions("", "app")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Vector", "1st", "a b", "a;b", "../a", "plpython3u$", "vector\"", "é"})
    void invalidExtensionNamesAreRefused(String name) {
        assertThatThrownBy(() -> Names.extensions("pg_trgm," + name, "app"))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("cannot enrol service 'app': '" + name + "' is not the name of an extension")
                .hasMessageContaining("pgsteward.extensions");
        assertThatThrownBy(() -> Names.extensions("x".repeat(64), "app")).isInstanceOf(RefusedClaim.class);
    }
}
