package org.pgsteward.provision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.pgsteward.io.Json;

@Tag("fast")
class CatalogueTest {
    @TempDir
    private Path folder;

    @Test
    void anOperatorsEntriesGoBeforeOurs() throws IOException {
        Catalogue catalogue = with("""
                [{"application": "Wiki", "url": "WIKI_DB"}]
                """);
        assertThat(catalogue.applications())
                .hasSizeGreaterThan(10)
                .first()
                .extracting(Application::application)
                .isEqualTo("Wiki");
    }

    static List<Arguments> broken() {
        return List.of(
                Arguments.of("", "cannot be parsed"),
                Arguments.of("[", "cannot be parsed"),
                Arguments.of("{}", "cannot be parsed"),
                Arguments.of("null", "cannot be parsed"),
                Arguments.of("[null]", "null"),
                Arguments.of("[{\"url\": \"X\"}]", "'application'"),
                Arguments.of("[{\"application\": \"Wiki\"}]", "'Wiki' lacks its variables: set 'url'"),
                Arguments.of("[{\"application\": \"Wiki\", \"host\": \"X\"}]", "'Wiki' lacks its variables: set 'url'"),
                Arguments.of(
                        "[{\"application\": \"Wiki\", \"images\": [\"a/b\"]}]",
                        "'Wiki' lacks its variables: set 'url'"),
                Arguments.of("[{\"application\": \"Wiki\", \"url\": \"X\", \"wehn\": {}}]", "wehn"),
                Arguments.of("[{\"application\": \"Wiki\", \"url\": [1]}]", "(line 1)"));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void aBrokenFileIsNamedInOneLineWithItsProblem(String text, String problem) {
        assertThatIOException()
                .isThrownBy(() -> with(text))
                .withMessageContaining("pgsteward.catalogue.file")
                .withMessageContaining(folder.resolve("more.json").toString())
                .withMessageContaining(problem)
                .satisfies(refused -> assertThat(refused.getMessage()).hasLineCount(1));
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatIOException()
                .isThrownBy(() -> Catalogue.with(Json.mapper(), folder.resolve("missing.json")))
                .withMessageContaining("missing.json, which does not exist");
    }

    @ParameterizedTest
    @CsvSource({
        "deluan/navidrome,true",
        "deluan/navidrome:0.54.5,true",
        "docker.io/deluan/navidrome:latest,true",
        "ghcr.io/navidrome/navidrome@sha256:0123,true",
        "registry.example:5000/deluan/navidrome:1@sha256:0123,true",
        "localhost/deluan/navidrome,true",
        "harbor.example/cache/deluan/navidrome,true",
        "someone/navidrome,false",
        "notdeluan/navidrome,false",
        "deluan/navidrome-sync,false",
        "navidrome,false",
        "writeas/writefreely:latest,true",
        "postgres:15,false"
    })
    void anImageIsKnownByItsRepositoryAlone(String image, boolean known) throws IOException {
        assertThat(Catalogue.shipped(Json.mapper())
                        .caution(Boxes.container("a").image(image).box()))
                .as(image)
                .matches(caution -> caution.isPresent() == known);
    }

    @Test
    void everyCautionIsOneLine() throws IOException {
        assertThat(Catalogue.shipped(Json.mapper()).applications())
                .extracting(Application::caution)
                .allSatisfy(caution ->
                        assertThat(String.valueOf(caution)).hasLineCount(1).hasSizeLessThan(300));
    }

    private Catalogue with(String text) throws IOException {
        return Catalogue.with(Json.mapper(), Files.writeString(folder.resolve("more.json"), text));
    }
}
