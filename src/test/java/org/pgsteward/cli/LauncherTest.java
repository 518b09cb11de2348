package org.pgsteward.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher in a checkout that its user may not write to. */
@Tag("fast")
class LauncherTest {
    private static final boolean IS_ROOT = "root".equals(System.getProperty("user.name"));
    private static final String USER = IS_ROOT ? "nobody" : System.getProperty("user.name");

    @TempDir
    Path checkout;

    @BeforeEach
    void copy() throws Exception {
        Files.copy(Path.of("pgsteward"), checkout.resolve("pgsteward"));
        Files.createFile(checkout.resolve("pom.xml"));
        mode(checkout, "r-xr-xr-x");
    }

    @Test
    void aForeignCheckoutIsNamedWithItsOwnerAndTheNextStep() throws Exception {
        assertThat(run("status"))
                .isEqualTo("2 pgsteward: cannot build in " + checkout + "/target: Permission denied; " + checkout
                        + " belongs to " + System.getProperty("user.name") + ", and you are " + USER
                        + "; build a copy of your own: cp -R " + checkout
                        + " ~/pgsteward-copy && ~/pgsteward-copy/pgsteward");
        assertThat(checkout.resolve("target")).doesNotExist();
    }

    @Test
    void aForeignBuildFolderIsNamed() throws Exception {
        mode(checkout, "rwxr-xr-x");
        mode(Files.createDirectory(checkout.resolve("target")), "r-xr-xr-x");
        assertThat(run("status"))
                .startsWith("2 pgsteward: cannot build in " + checkout + "/target: Permission denied; " + checkout
                        + "/target belongs to ");
    }

    private static void mode(Path path, String mode) throws Exception {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    /** Returns the exit code and the only line. */
    private String run(String command) throws Exception {
        List<String> words = new ArrayList<>();
        if (IS_ROOT) {
            words.addAll(List.of("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"));
        }
        words.addAll(List.of("sh", checkout.resolve("pgsteward").toString(), command));
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return process.exitValue() + " " + said.strip();
    }
}
