package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("fast")
class SecretFilesTest {
    @TempDir
    Path checkout;

    private final List<String> report = new ArrayList<>();

    @Test
    void makesThePasswordAndTheFoldersWithTheirModes() throws IOException {
        init();

        assertThat(read("secrets/postgresql/password")).matches("[A-Za-z0-9]{32}\n");
        assertThat(read("secrets/postgres_password")).isEqualTo(read("secrets/postgresql/password"));
        assertThat(mode("secrets")).isEqualTo("rwx------");
        assertThat(mode("secrets/postgresql")).isEqualTo("rwxr-xr-x");
        assertThat(mode("secrets/postgresql/password")).isEqualTo("rw-r--r--");
        assertThat(checkout.resolve("secrets/services")).isDirectory();
        assertThat(checkout.resolve("lib/ext")).isDirectory();
        assertThat(report).containsExactly("made secrets/postgresql/password with a new password");
    }

    @Test
    void keepsAnExistingPassword() throws IOException {
        init();
        String first = read("secrets/postgresql/password");

        init();

        assertThat(read("secrets/postgresql/password")).isEqualTo(first);
        assertThat(report).last().isEqualTo("kept secrets/postgresql/password, which exists");
    }

    @Test
    void movesThePasswordOfAnEarlierVersion() throws IOException {
        Files.createDirectories(checkout.resolve("secrets"));
        Files.writeString(checkout.resolve("secrets/postgres_password"), "earlier\n");

        init();

        assertThat(read("secrets/postgresql/password")).isEqualTo("earlier\n");
        assertThat(checkout.resolve("secrets/postgres_password"))
                .isSymbolicLink()
                .hasContent("earlier");
        assertThat(report.get(0)).isEqualTo("moved secrets/postgres_password to secrets/postgresql/password");
    }

    @Test
    void takesThePasswordOfAFileThatReplacedTheLink() throws IOException {
        init();
        Files.delete(checkout.resolve("secrets/postgres_password"));
        Files.writeString(checkout.resolve("secrets/postgres_password"), "edited\n");

        init();

        assertThat(read("secrets/postgresql/password")).isEqualTo("edited\n");
        assertThat(checkout.resolve("secrets/postgres_password")).isSymbolicLink();
    }

    @Test
    void givesRootsFilesToTheOwnerOfTheCheckout() throws IOException {
        assumeRoot();
        Path compose = Files.createFile(checkout.resolve("compose.yaml"));
        Files.setAttribute(compose, "unix:uid", 1234);
        Files.setAttribute(compose, "unix:gid", 4321);
        Files.createDirectories(checkout.resolve("secrets/services"));

        init();

        for (String path : List.of(
                "secrets", "secrets/services", "secrets/postgresql/password", "secrets/postgres_password", "lib/ext")) {
            assertThat(id(path, "unix:uid")).as(path).isEqualTo(1234);
            assertThat(id(path, "unix:gid")).as(path).isEqualTo(4321);
        }
    }

    @Test
    void leavesFilesOfOtherUsersToThem() throws IOException {
        assumeRoot();
        Files.createFile(checkout.resolve("compose.yaml"));
        Path services = Files.createDirectories(checkout.resolve("secrets/services"));
        Files.setAttribute(services, "unix:uid", 1234);

        init();

        assertThat(id("secrets/services", "unix:uid")).isEqualTo(1234);
    }

    @Test
    void namesTheFolderThatCannotBeMade() throws IOException {
        Files.createFile(checkout.resolve("secrets"));

        assertThatThrownBy(this::init)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot make or change folder " + checkout.resolve("secrets"))
                .hasMessageContaining("run 'pgsteward init' as the owner of " + checkout);
    }

    private void init() throws IOException {
        new SecretFiles(checkout, report::add).administratorsPassword();
    }

    private void assumeRoot() throws IOException {
        boolean root = id("", "unix:uid").equals(0);
        if (!root) {
            System.out.println("skipped: a change of owner, only root may do that");
        }
        assumeTrue(root);
    }

    private Object id(String path, String attribute) throws IOException {
        return Files.getAttribute(checkout.resolve(path), attribute, LinkOption.NOFOLLOW_LINKS);
    }

    private String read(String path) throws IOException {
        return Files.readString(checkout.resolve(path));
    }

    private String mode(String path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(checkout.resolve(path)));
    }
}
