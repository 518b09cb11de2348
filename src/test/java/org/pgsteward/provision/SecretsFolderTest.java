package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("fast")
class SecretsFolderTest {
    private static final String CANARY = "never-to-be-seen";

    @TempDir
    private Path root;

    private Path folder;
    private SecretsFolder secrets;

    @BeforeEach
    void prepare() throws IOException {
        folder = Files.createDirectory(root.resolve("services"));
        Files.writeString(folder.resolve("wiki_password"), "the wiki's\n");
        Path administrators = Files.writeString(folder.resolve("postgres_password"), CANARY);
        Files.createLink(folder.resolve("hard"), administrators);
        Files.createSymbolicLink(folder.resolve("soft"), administrators);
        Files.createSymbolicLink(folder.resolve("friend"), Path.of("wiki_password"));
        Files.writeString(root.resolve("outside"), CANARY);
        Files.createSymbolicLink(folder.resolve("out"), Path.of("../outside"));
        Files.createDirectory(folder.resolve("directory"));
        Files.writeString(folder.resolve("empty"), "\n");
        Files.writeString(folder.resolve("large"), CANARY.repeat(100));
        Files.write(folder.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});
        Files.writeString(folder.resolve(".hidden"), CANARY);
        secrets = new SecretsFolder(folder, administrators);
    }

    @Test
    void plainFileIsReadByNameOrPathWithoutLastNewline() {
        assertThat(secrets.read("wiki_password").reveal()).isEqualTo("the wiki's");
        assertThat(secrets.read(folder + "/wiki_password").reveal()).isEqualTo("the wiki's");
    }

    /** If pgsteward runs in a container, the operator sees the folder under another path. */
    @Test
    void aFileThatIsMissingIsWrittenWhereTheOperatorSeesTheFolder() {
        SecretsFolder inContainer =
                new SecretsFolder(folder, "secrets/services", java.util.Set.of(), java.util.Set.of());

        assertThatThrownBy(() -> inContainer.read("shop_password"))
                .isInstanceOfSatisfying(RefusedClaim.class, refused -> {
                    assertThat(refused.reason())
                            .contains("put a plain file with the service's password into secrets/services")
                            .doesNotContain(folder.toString());
                    assertThat(refused.refusal().remedy())
                            .isEqualTo(
                                    "printf %s 'PASSWORD' > secrets/services/shop_password   # the container's password");
                });
    }

    /** Runs the line of the alert in a shell. */
    @Test
    void theLineThatWritesTheFileDoesSo() throws Exception {
        try {
            secrets.read("it's new");
        } catch (RefusedClaim refused) {
            Process shell = new ProcessBuilder("sh", "-c", refused.refusal().remedy()).start();
            assertThat(shell.waitFor()).isZero();
        }
        assertThat(secrets.read("it's new").reveal()).isEqualTo("PASSWORD");
    }

    @Test
    void aFileOfAContainerIsTheOneOfTheSameNameHere() {
        assertThat(secrets.readFor("DB_PASSWORD_FILE", "/run/secrets/wiki_password")
                        .reveal())
                .isEqualTo("the wiki's");
        assertThat(secrets.readFor("DB_PASSWORD_FILE", "wiki_password").reveal())
                .isEqualTo("the wiki's");
    }

    @Test
    void aFolderThatIsReachedByALinkIsStillTheFolder() throws IOException {
        Path link = Files.createSymbolicLink(root.resolve("link"), folder);
        assertThat(new SecretsFolder(link, link.resolve("postgres_password"))
                        .read("wiki_password")
                        .reveal())
                .isEqualTo("the wiki's");
    }

    @ParameterizedTest
    @CsvSource({
        "postgres_password, is the administrator's",
        "hard,              is the administrator's",
        "soft,              is the administrator's",
        "friend,            is not a plain file",
        "out,               is not a plain file",
        "directory,         is not a plain file",
        "large,             is not a plain file",
        "missing,           is not in the secrets folder",
        "empty,             is empty",
        "binary,            is not text in UTF-8",
        ".hidden,           is not the name of a file",
        ".,                 is not the name of a file",
        "..,                is not the name of a file",
        "../outside,        is not the name of a file",
        "/etc/hostname,     is not the name of a file",
        "a\\b,              is not the name of a file"
    })
    void nothingElseIsRead(String name, String because) {
        assertThatThrownBy(() -> secrets.read(name))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageStartingWith("cannot read password-file '" + name + "': ")
                .hasMessageContaining(because)
                .hasMessageContaining("into " + folder)
                .satisfies(refused ->
                        assertThat(refused.getMessage()).doesNotContain(CANARY).hasLineCount(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\0b", "a\nb", "\ud800", "/", "a/", "", "x/..", "\u202e"})
    void aNameThatNoFileCanHaveIsARefusalAndNoFailure(String name) {
        assertThatThrownBy(() -> secrets.read(name)).isInstanceOf(RefusedClaim.class);
        assertThatThrownBy(() -> secrets.readFor("X_FILE", name))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageMatching("\\P{C}+");
    }

    @Test
    void anEndlessNameIsCutInTheRefusal() {
        assertThatThrownBy(() -> secrets.read("x".repeat(10_000)))
                .isInstanceOf(RefusedClaim.class)
                .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(500));
    }

    @Test
    void fileOfAVariableIsRefusedWithTheNextStep() {
        assertThatThrownBy(() -> secrets.readFor("DB_PASSWORD_FILE", "/run/secrets/missing"))
                .hasMessageContaining("file '/run/secrets/missing' of variable DB_PASSWORD_FILE: ")
                .hasMessageContaining("put the same file into " + folder)
                .hasMessageContaining("pgsteward.password-file");
    }

    @Test
    void noPasswordBecomesANameThatEverybodySees() throws IOException {
        Files.writeString(folder.resolve("name"), "app_user\n");
        Files.writeString(folder.resolve("token"), CANARY + "!");
        assertThat(secrets.readNameFor("DB_USER_FILE", "/run/secrets/name")).isEqualTo("app_user");
        assertThatThrownBy(() -> secrets.readNameFor("DB_USER_FILE", "/run/secrets/wiki_password"))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("DB_USER_FILE")
                .hasMessageContaining("it is for a password");
        assertThatThrownBy(() -> secrets.readNameFor("DB_USER_FILE", "/run/secrets/token"))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("no valid name")
                .hasMessageNotContaining(CANARY);
    }

    @Test
    void ourSecretsNeverBecomeNames() throws IOException {
        Path root = Files.writeString(folder.resolve("db_root"), "Sup3rSecretAdminPw");
        Files.writeString(folder.resolve("copy"), "Sup3rSecretAdminPw\n");
        Files.writeString(folder.resolve("name"), "app_user\n");
        SecretsFolder guarded = new SecretsFolder(folder, List.of(root), List.of("Sup3rSecretAdminPw"));

        assertThat(guarded.readNameFor("DB_USER_FILE", "/run/secrets/name")).isEqualTo("app_user");
        assertThatThrownBy(() -> guarded.read("db_root"))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("is the administrator's");
        assertThatThrownBy(() -> guarded.readNameFor("DB_USER_FILE", "/run/secrets/db_root"))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("is the administrator's");
        assertThatThrownBy(() -> guarded.readNameFor("DB_USER_FILE", "/run/secrets/copy"))
                .isInstanceOf(RefusedClaim.class)
                .hasMessageContaining("contains a secret of pgsteward; write the name into the variable itself")
                .hasMessageNotContaining("Sup3rSecretAdminPw");
    }
}
