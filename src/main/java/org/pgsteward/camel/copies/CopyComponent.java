package org.pgsteward.camel.copies;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultComponent;
import org.jspecify.annotations.Nullable;
import org.pgsteward.backup.copy.CopyPlace;
import org.pgsteward.backup.copy.CopyPrograms;
import org.pgsteward.backup.copy.FolderPlace;
import org.pgsteward.backup.copy.RclonePlace;
import org.pgsteward.backup.copy.RcloneRemote;
import org.pgsteward.backup.copy.ResticPlace;

/**
 * Component of the shipped targets: {@code copy:folder}, {@code copy:rclone} and {@code copy:restic}. It carries out the
 * operation in the header {@code operation}. Its parameters are logged. So a secret is named by its setting, and read from
 * there for each message.
 */
public final class CopyComponent extends DefaultComponent {
    private static final String SCHEME = "copy";

    /** The folder of the files of ssh, if a target names no others. */
    private static final Path SECRETS = Path.of("/run/pgsteward");

    private final Optional<CopyPrograms> programs;

    private CopyComponent(Optional<CopyPrograms> programs) {
        this.programs = programs;
    }

    /** Creates the other end for a message. */
    @FunctionalInterface
    interface Kind {
        /** @throws IOException if the target cannot be used as it is set up */
        CopyPlace place(Exchange exchange) throws IOException;
    }

    /** Makes the component known to a context whose routes are only checked. */
    public static void bind(CamelContext context) {
        context.getRegistry().bind(SCHEME, Component.class, () -> new CopyComponent(Optional.empty()));
    }

    /** Makes the component known to a context. */
    public static void bind(CamelContext context, CopyPrograms programs) {
        context.getRegistry().bind(SCHEME, Component.class, () -> new CopyComponent(Optional.of(programs)));
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
        Kind kind = switch (remaining) {
            case "folder" -> folder(parameters);
            case "rclone" -> rclone(parameters);
            case "restic" -> restic(parameters);
            default ->
                throw new IllegalArgumentException(
                        "cannot use copy:" + remaining + "; use copy:folder, copy:rclone or copy:restic");
        };
        return new CopyEndpoint(uri, this, kind);
    }

    private static Kind folder(Map<String, Object> parameters) {
        Path folder = Path.of(required("copy:folder", "dir", parameters))
                .toAbsolutePath()
                .normalize();
        Optional<Path> mountpoint = optional("mountpoint", parameters).map(Path::of);
        return exchange -> new FolderPlace(folder, mountpoint);
    }

    private Kind rclone(Map<String, Object> parameters) {
        RcloneRemote remote = new RcloneRemote(required("copy:rclone", "remote", parameters));
        String setting = required("copy:rclone", "config", parameters);
        return exchange -> RclonePlace.of(programs(), target(exchange), remote, setting);
    }

    private Kind restic(Map<String, Object> parameters) {
        String settings = required("copy:restic", "settings", parameters);
        Optional<Path> knownHosts = file("knownHosts", "known_hosts", parameters);
        Optional<Path> key = file("keyFile", "ssh_key", parameters);
        return exchange -> ResticPlace.of(programs(), target(exchange), settings, knownHosts, key);
    }

    /** Returns the file of a parameter, or else the one with this name among the secrets of the container. */
    private static Optional<Path> file(String parameter, String usual, Map<String, Object> parameters) {
        return optional(parameter, parameters)
                .map(Path::of)
                .or(() -> Optional.of(SECRETS.resolve(usual)).filter(Files::isReadable));
    }

    private CopyPrograms programs() {
        return programs.orElseThrow(() -> new IllegalStateException("the routes are only checked here"));
    }

    private static String target(Exchange exchange) {
        return CopyRoutes.name(String.valueOf(exchange.getFromRouteId()))
                .orElseThrow(() -> new IllegalStateException(
                        "copy: is used in the route " + exchange.getFromRouteId() + ", not in copy-NAME"));
    }

    private static String required(String endpoint, String name, Map<String, Object> parameters) {
        return optional(name, parameters)
                .orElseThrow(() -> new IllegalArgumentException(endpoint + " needs the parameter " + name));
    }

    private static Optional<String> optional(String name, Map<String, Object> parameters) {
        @Nullable Object value = parameters.remove(name);
        return Optional.ofNullable(value).map(Object::toString).filter(text -> !text.isBlank());
    }
}
