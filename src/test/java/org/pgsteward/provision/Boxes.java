package org.pgsteward.provision;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.pgsteward.model.Container;

/** A builder of containers. */
final class Boxes {
    private final String name;
    private final Map<String, String> labels = new TreeMap<>();
    private final Map<String, String> environment = new TreeMap<>();
    private final Map<String, Set<String>> networks = new HashMap<>();
    private String image = "image";
    private String imageId = "sha256:0";
    private Instant made = Instant.EPOCH;
    private Container.State state = Container.State.RUNNING;

    private String id;

    private Boxes(String name) {
        this.name = name;
        this.id = "id-of-" + name;
    }

    /** Returns a container with that name on the network {@code internal_db}. */
    static Boxes container(String name) {
        return new Boxes(name).on("internal_db", name);
    }

    Boxes label(String key, String value) {
        labels.put(key, value);
        return this;
    }

    /**
     * Adds environment variables.
     *
     * @param variables such as {@code KEY=value}
     */
    Boxes with(String... variables) {
        for (String variable : variables) {
            int equals = variable.indexOf('=');
            environment.put(variable.substring(0, equals), variable.substring(equals + 1));
        }
        return this;
    }

    Boxes on(String network, String... aliases) {
        networks.put(network, Set.of(aliases));
        return this;
    }

    Boxes off(String network) {
        networks.remove(network);
        return this;
    }

    Boxes image(String other) {
        image = other;
        imageId = "sha256:" + Integer.toHexString(other.hashCode());
        return this;
    }

    Boxes id(String other) {
        id = other;
        return this;
    }

    Boxes made(Instant at) {
        made = at;
        return this;
    }

    Boxes in(Container.State other) {
        state = other;
        return this;
    }

    /** Adds compose's labels. */
    Boxes compose(String project, String service) {
        return label("com.docker.compose.project", project).label("com.docker.compose.service", service);
    }

    Container box() {
        return new Container(
                id,
                name,
                image,
                imageId,
                state,
                Container.Health.NONE,
                0,
                false,
                false,
                labels,
                environment,
                networks,
                0,
                made,
                Optional.empty());
    }
}
