package org.pgsteward.camel.copies;

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
import org.pgsteward.backup.copy.FolderPlace;

/**
 * Component of the shipped targets: {@code copy:folder}, {@code copy:rclone} and {@code copy:restic}. It carries out the
 * operation in the header {@code operation}. Secrets are in variables of the message, since the address of an endpoint is
 * logged.
 */
public final class CopyComponent extends DefaultComponent {
    private static final String SCHEME = "copy";

    /** Creates the other end for a message, which has the secrets. */
    @FunctionalInterface
    interface Kind {
        CopyPlace place(Exchange exchange);
    }

    /** Makes the component known to a context. */
    public static void bind(CamelContext context) {
        context.getRegistry().bind(SCHEME, Component.class, CopyComponent::new);
    }

    @Override
    protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
        Kind kind = switch (remaining) {
            case "folder" -> folder(parameters);
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

    private static String required(String endpoint, String name, Map<String, Object> parameters) {
        return optional(name, parameters)
                .orElseThrow(() -> new IllegalArgumentException(endpoint + " needs the parameter " + name));
    }

    private static Optional<String> optional(String name, Map<String, Object> parameters) {
        @Nullable Object value = parameters.remove(name);
        return Optional.ofNullable(value).map(Object::toString).filter(text -> !text.isBlank());
    }
}
