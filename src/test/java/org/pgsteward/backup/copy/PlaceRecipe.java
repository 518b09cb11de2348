package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The settings of a place. The process of a test and the child processes that it kills open the same place with them.
 *
 * @param settings by short names, such as {@code dir}
 */
record PlaceRecipe(Map<String, String> settings) {
    private static final String KIND = "kind";
    private static final String STATE = "state";

    static PlaceRecipe folder(Path folder, Optional<Path> mountpoint) {
        return new PlaceRecipe(Map.of(
                KIND,
                "folder",
                "dir",
                folder.toString(),
                "mountpoint",
                mountpoint.map(Path::toString).orElse("")));
    }

    /** @param state the folder of the configuration and of the cache */
    static PlaceRecipe rclone(Path state, String remote, String config) {
        return new PlaceRecipe(Map.of(KIND, "rclone", STATE, state.toString(), "remote", remote, "config", config));
    }

    static PlaceRecipe restic(Path state, String repository, String knownHosts, String key) {
        return new PlaceRecipe(Map.of(
                KIND,
                "restic",
                STATE,
                state.toString(),
                "repository",
                repository,
                "password",
                ResticFixture.PASSWORD,
                "knownHosts",
                knownHosts,
                "key",
                key));
    }

    /** Opens the place, as the route of a target does for each operation. */
    CopyPlace open() throws IOException {
        return switch (of(KIND)) {
            case "folder" -> new FolderPlace(Path.of(of("dir")), file("mountpoint"));
            case "rclone" -> RclonePlace.of(programs(), "rclone", new RcloneRemote(of("remote")), "x.config");
            default -> ResticPlace.of(programs(), "restic", "x", file("knownHosts"), file("key"));
        };
    }

    private CopyPrograms programs() {
        return new CopyPrograms(
                Path.of(of(STATE)), name -> Optional.ofNullable(settings.get(name.replaceFirst("^x\\.", ""))));
    }

    private Optional<Path> file(String name) {
        return Optional.of(of(name)).filter(path -> !path.isEmpty()).map(Path::of);
    }

    private String of(String name) {
        return settings.getOrDefault(name, "");
    }
}
