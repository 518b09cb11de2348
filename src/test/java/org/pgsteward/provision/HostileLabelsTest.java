package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pgsteward.io.Json;
import org.pgsteward.model.Container;

/** Labels and variables with any text end in a claim on legal names, in one clear line, or in no claim. */
@Tag("fast")
class HostileLabelsTest {
    private static final Optional<Container> POSTGRES =
            Optional.of(Boxes.container("postgresql").box());

    private static final Pattern RESERVED =
            Pattern.compile("(?iu)postgres|template.*|pg_.*|homelab|public|pgsteward|none|_.*");

    @TempDir
    private Path secrets;

    private Discovery discovery;
    private int claims;
    private int refusals;

    @BeforeEach
    void prepare() throws IOException {
        Files.writeString(secrets.resolve("good"), HostileSets.CANARY + "; in a file");
        discovery = new Discovery(
                Catalogue.shipped(Json.mapper()), new SecretsFolder(secrets, secrets.resolve("postgres_password")));
    }

    @Test
    void everySetEndsInALegalClaimInOneClearLineOrInNothing() {
        List<Container> boxes = HostileSets.of(2_000, 20_260_101L);
        boxes.forEach(this::look);

        assertThat(claims).as("claims").isGreaterThan(50);
        assertThat(refusals).as("refusals").isGreaterThan(500);
        assertThat(boxes.size() - claims - refusals).as("no claim").isGreaterThan(100);
    }

    @Test
    void theSameSeedGivesTheSameSets() {
        assertThat(HostileSets.of(20, 1)).usingRecursiveComparison().isEqualTo(HostileSets.of(20, 1));
    }

    private void look(Container box) {
        assertOneClearLine(
                box, discovery.networkAdvice(box, POSTGRES, Optional.of("web")).orElse("nothing"));
        try {
            Optional<Claim> claim = discovery.claim(box, POSTGRES, List.of(box));
            claims += claim.isPresent() ? 1 : 0;
            claim.ifPresent(HostileLabelsTest::assertLegal);
        } catch (RefusedClaim refused) {
            refusals++;
            assertOneClearLine(box, refused.reason());
        }
    }

    static void assertOneClearLine(Container box, String line) {
        assertThat(line)
                .as(box.name())
                .isNotBlank()
                .hasSizeLessThan(500)
                .doesNotContain(HostileSets.CANARY)
                .doesNotContainPattern("[\\p{C}\\u2028\\u2029]");
    }

    private static void assertLegal(Claim claim) {
        assertThat(List.of(claim.service(), claim.database(), claim.user())).allMatch(HostileLabelsTest::isLegal);
        assertThat(claim.options().extensions()).allMatch(extension -> extension.matches("[a-z][a-z0-9_-]{0,62}"));
        assertThat(claim.toString()).doesNotContain(HostileSets.CANARY);
        assertThat(claim.because()).doesNotContain(HostileSets.CANARY).hasLineCount(1);
    }

    /**
     * Returns whether a name is legal. This second implementation uses regular expressions, so that both do not have
     * the same bug.
     */
    static boolean isLegal(String name) {
        boolean latin = Pattern.compile("\\p{IsLatin}").matcher(name).find();
        boolean alike =
                Pattern.compile("[\\p{IsCyrillic}\\p{IsGreek}]").matcher(name).find();
        return name.matches("[\\p{L}\\p{Nd}]([\\p{L}\\p{M}\\p{Nd} ._@+-]*[\\p{L}\\p{M}\\p{Nd}._@+-])?")
                && !name.matches(".*[\\ufe00-\\ufe0f\\u3164\\u115f\\u1160\\uffa0].*")
                && name.codePoints().count() <= 50
                && name.getBytes(StandardCharsets.UTF_8).length <= 63
                && Normalizer.isNormalized(name, Normalizer.Form.NFC)
                && !(latin && alike)
                && !RESERVED.matcher(name.toLowerCase(Locale.ROOT)).matches();
    }
}
