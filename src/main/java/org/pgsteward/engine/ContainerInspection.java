package org.pgsteward.engine;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.command.InspectContainerResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.pgsteward.model.Container;

/**
 * The inspection of containers, within a limit for the document of each and a limit for the data of all. A list inspects
 * the containers that changed since the previous list.
 */
final class ContainerInspection {
    /** Started containers first, each group with the oldest first, so that a new container takes no room of an older one. */
    private static final Comparator<ContainerList.Entry> STARTED_AND_OLDEST_FIRST = Comparator.comparing(
                    ContainerList.Entry::started)
            .reversed()
            .thenComparingLong(ContainerList.Entry::created);

    private final EngineHttp http;
    private final ObjectMapper json;
    private final InspectionCache<Inspected> cache = new InspectionCache<>();

    ContainerInspection(EngineHttp http, ObjectMapper json) {
        this.http = http;
        this.json = json;
    }

    /** Returns the entries of the engine's list. */
    List<ContainerList.Entry> entries(boolean stoppedToo) {
        return http.read("/containers/json" + (stoppedToo ? "?all=true" : ""), "list of containers", ContainerList::of);
    }

    /**
     * Returns all containers, running or not, and inspects those that may have changed. Leaves out a container that is
     * removed meanwhile.
     */
    Listing list() {
        List<Container> containers = new ArrayList<>();
        List<OversizedContainer> oversized = new ArrayList<>();
        long all = 0;
        List<ContainerList.Entry> entries =
                entries(true).stream().sorted(STARTED_AND_OLDEST_FIRST).toList();
        InspectionCache.Time now = InspectionCache.Time.now();
        cache.retain(entries);
        for (ContainerList.Entry entry : entries) {
            Optional<Inspected> inspected = cache.unchanged(entry, now)
                    .filter(last -> showsHealth(entry, last))
                    .or(() -> inspect(entry, now));
            if (inspected.isEmpty()) {
                continue;
            }
            Optional<Container> container = inspected.get().container();
            long size = container.map(ContainerReading::size).orElse(0L);
            if (container.isPresent() && all + size <= ContainerReading.MOST_OF_ALL) {
                all += size;
                containers.add(container.get());
            } else {
                boolean together = container.isPresent();
                // The limit of all is a limit of memory, so nothing of this container is kept.
                cache.forget(entry.id());
                oversized.add(new OversizedContainer(
                        entry.id(),
                        entry.name(),
                        together ? size : inspected.get().bytes(),
                        together ? ContainerReading.MOST_OF_ALL : ContainerReading.MOST_BYTES,
                        together ? ContainerReading.largest(containers) : Map.of()));
            }
        }
        return new Listing(containers, oversized);
    }

    /** Returns empty if the container does not exist, or its document is too large. */
    Optional<Container> container(String idOrName) {
        Optional<Container> container = inspect(idOrName).flatMap(Inspected::container);
        cache.forget(container.map(Container::id).orElse(idOrName));
        return container;
    }

    private Optional<Inspected> inspect(ContainerList.Entry entry, InspectionCache.Time now) {
        long before = cache.version();
        Optional<Inspected> inspected = inspect(entry.id());
        inspected.ifPresent(fresh -> cache.keep(entry, fresh, now, before));
        return inspected;
    }

    /** Returns whether the list shows a change of the container's health: Docker's list does, Podman's does not. */
    private static boolean showsHealth(ContainerList.Entry entry, Inspected last) {
        boolean hasHealth = last.container()
                .filter(container -> container.health() != Container.Health.NONE)
                .isPresent();
        return !hasHealth || entry.status().contains("health");
    }

    /** @param container empty if the document is too large */
    private record Inspected(long bytes, Optional<Container> container) {}

    private Optional<Inspected> inspect(String idOrName) {
        return http.find("/containers/" + EngineHttp.segment(idOrName) + "/json", "container " + idOrName, body -> {
            byte[] document = body.readNBytes(ContainerReading.MOST_BYTES + 1);
            boolean tooLarge = document.length > ContainerReading.MOST_BYTES;
            return Optional.of(new Inspected(
                    document.length,
                    tooLarge
                            ? Optional.empty()
                            : Optional.of(
                                    ContainerReading.of(json.readValue(document, InspectContainerResponse.class)))));
        });
    }
}
