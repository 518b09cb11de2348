package org.pgsteward.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder into which the mailbox receiver of the demonstration writes notifications. */
final class DemoMailbox {
    private final Path folder;
    private final ObjectMapper json;

    DemoMailbox(Path folder, ObjectMapper json) {
        this.folder = folder;
        this.json = json;
    }

    /** Returns the title of a notification of this kind and state; empty if none has arrived. */
    Optional<String> title(String kind, String state) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".json")).toList()) {
                JsonNode notice = json.readTree(file.toFile());
                if (notice.path("kind").asText().equals(kind)
                        && notice.path("state").asText().equals(state)) {
                    return Optional.of(notice.path("title").asText());
                }
            }
        }
        return Optional.empty();
    }
}
