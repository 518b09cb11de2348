package org.pgsteward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The script {@code src/test/bed/debian/mirror} on sources of apt as machines have them. */
@Tag("fast")
class BedMirrorTest {
    private static final String DEBIAN = "http://deb.debian.org/debian";

    @TempDir
    Path folder;

    @BeforeEach
    void requireApt() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/apt-get")), "skipped: this machine has no apt-get");
    }

    @ParameterizedTest
    @CsvSource({
        "debian-deb822, http://ftp.de.debian.org/debian, http://security.debian.org/debian-security",
        "debian-lists, http://mirror.hetzner.com/debian/packages, http://mirror.hetzner.com/debian/security",
        "other-projects, https://nexus.example.lan/repository/debian, https://nexus.example.lan/repository/debian-security",
        "old-release, http://apt-cacher.lan:3142/ftp.debian.org/debian, http://apt-cacher.lan:3142/security.debian.org"
    })
    void theMirrorsAreThoseOfTheMachine(String sources, String mirror, String security) throws Exception {
        assertThat(run(sources, "")).isEqualTo("mirror=" + mirror + "\nsecurity=" + security + "\n");
    }

    @ParameterizedTest
    @CsvSource({"offline", "ubuntu", "broken", "none"})
    void withoutAUsableMirrorALineNamesTheDefault(String sources) throws Exception {
        assertThat(run(sources, ""))
                .isEqualTo("mirror: apt names no main mirror of Debian that a container reaches; using " + DEBIAN
                        + "\nmirror: apt names no security mirror of Debian that a container reaches; using " + DEBIAN
                        + "-security\nmirror=" + DEBIAN + "\nsecurity=" + DEBIAN + "-security\n");
    }

    @Test
    void aVariableOverridesTheSources() throws Exception {
        assertThat(run("debian-deb822", "http://mirror.lan/debian"))
                .isEqualTo("mirror=http://mirror.lan/debian\nsecurity=http://security.debian.org/debian-security\n");
    }

    private String run(String sources, String variable) throws IOException, InterruptedException {
        Path recorded = Path.of("src/test/resources/bed", sources).toAbsolutePath();
        Path settings = Files.writeString(
                folder.resolve("apt.conf"),
                "Dir::Etc::sourcelist \"" + recorded + "/sources.list\";\nDir::Etc::sourceparts \"" + recorded
                        + "/sources.list.d\";\n");
        ProcessBuilder builder = new ProcessBuilder("src/test/bed/debian/mirror").redirectErrorStream(true);
        builder.environment().put("APT_CONFIG", settings.toString());
        builder.environment().put("DEBIAN_MIRROR", variable);
        builder.environment().remove("DEBIAN_SECURITY_MIRROR");
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }
}
