package org.pgsteward.engine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.model.Container;
import org.pgsteward.model.Memory;

/**
 * Reads what the Docker Engine knows of its containers. Every call ends within the response timeout, with an answer
 * or with {@link EngineAway}; a proxy's refusal is docker-java's {@code DockerException} with the HTTP status.
 */
public final class DockerEngine implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(8);

    /** A command is more patient than the daemon, which tries again by itself. */
    private static final Duration PATIENT_CONNECT = Duration.ofSeconds(10);

    private static final Duration PATIENT_ANSWER = Duration.ofSeconds(30);

    private final String host;
    private final String version;
    private final Deadline http;
    private final DockerClient client;
    private final ObjectMapper json = DockerClientConfig.getDefaultObjectMapper();

    private DockerEngine(String host, Duration connect, Duration answer) {
        this.host = host;
        DockerClientConfig config = DefaultDockerClientConfig.createDefaultConfigBuilder()
                .withDockerHost(host)
                .withDockerTlsVerify(false)
                .build();
        // Unversioned unless pinned by the system property api.version, for proxies that match /v1.xx/.
        String pinned = config.getApiVersion().asWebPathPart();
        this.version = pinned.isEmpty() ? "" : "/" + pinned;
        this.http = new Deadline(
                new ZerodepDockerHttpClient.Builder()
                        .dockerHost(config.getDockerHost())
                        .connectionTimeout(connect)
                        .build(),
                host,
                answer);
        this.client = DockerClientImpl.getInstance(config, http);
    }

    /**
     * Nothing is opened yet, so the engine may come up later.
     *
     * @param host {@code unix:///path} or {@code tcp://host:port}, as in {@code pgsteward.docker.host}
     * @throws IllegalArgumentException when it is neither
     */
    public static DockerEngine at(String host) {
        return at(host, CONNECT, ANSWER);
    }

    /** As {@link #at(String)}, for a command: an engine of a busy host gets 30 s for an answer instead of 8 s. */
    public static DockerEngine forCommand(String host) {
        return at(host, PATIENT_CONNECT, PATIENT_ANSWER);
    }

    /** As {@link #at(String)}, with other limits for the TCP connect and for a whole answer. */
    public static DockerEngine at(String host, Duration connect, Duration answer) {
        return new DockerEngine(checked(host), connect, answer);
    }

    /**
     * The same address without blanks around it.
     *
     * @throws IllegalArgumentException when it is none, with the setting's name and the value
     */
    public static String checked(String host) {
        URI uri;
        try {
            uri = new URI(host.strip());
        } catch (URISyntaxException unreadable) {
            uri = URI.create("");
        }
        boolean socket = "unix".equals(uri.getScheme())
                && uri.getPath() != null
                && uri.getPath().length() > 1;
        boolean address = "tcp".equals(uri.getScheme()) && uri.getHost() != null && uri.getPort() > 0;
        if (!socket && !address) {
            throw new IllegalArgumentException(
                    "pgsteward.docker.host is '" + host + "'; expected unix:///path or tcp://host:port");
        }
        return host.strip();
    }

    public String host() {
        return host;
    }

    /** For the Camel component alone; everything else reads nouns. Closed with this engine. */
    public DockerClient client() {
        return client;
    }

    public boolean answers() {
        try {
            client.pingCmd().exec();
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** All containers, running or not, each inspected; one that is removed meanwhile is left out. */
    public List<Container> containers() {
        return list().containers();
    }

    /**
     * The same with those that are too large to be read. The oldest come first: a container that was there goes before a
     * newer one that takes what is left of the limit of all. Those that were never started come last.
     */
    public Listing list() {
        List<Container> containers = new ArrayList<>();
        List<OversizedContainer> oversized = new ArrayList<>();
        long all = 0;
        for (ContainerList.Entry entry : listed("/containers/json?all=true").stream()
                .sorted(Comparator.comparing(ContainerList.Entry::started)
                        .reversed()
                        .thenComparingLong(ContainerList.Entry::created))
                .toList()) {
            Optional<Inspected> inspected = inspected(entry.id());
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

    private List<ContainerList.Entry> listed(String path) {
        return read(path, "list of containers", ContainerList::of);
    }

    /** Empty when it is gone, or too large to be read. */
    public Optional<Container> container(String idOrName) {
        return inspected(idOrName).flatMap(Inspected::container);
    }

    /** @param container empty when it is too large */
    private record Inspected(long bytes, Optional<Container> container) {}

    private Optional<Inspected> inspected(String idOrName) {
        return http.read(version + "/containers/" + segment(idOrName) + "/json", (status, body) -> {
            if (status == 404) {
                return Optional.empty();
            }
            expectOk(status, body, "container " + idOrName);
            byte[] document = body.readNBytes(ContainerReading.MOST_BYTES + 1);
            return Optional.of(new Inspected(
                    document.length,
                    document.length > ContainerReading.MOST_BYTES
                            ? Optional.empty()
                            : Optional.of(
                                    ContainerReading.of(json.readValue(document, InspectContainerResponse.class)))));
        });
    }

    /** The digest of what an image's name means on this host now; empty when there is no image of that name. */
    public Optional<String> imageId(String name) {
        return http.read(version + "/images/" + segment(name) + "/json", (status, body) -> {
            if (status == 404) {
                return Optional.empty();
            }
            expectOk(status, body, "image " + name);
            try (JsonParser image = json.getFactory().createParser(new BoundedJson(body, 1024))) {
                for (JsonToken token = image.nextToken(); token != null; token = image.nextToken()) {
                    if (token == JsonToken.FIELD_NAME && "Id".equals(image.currentName())) {
                        return Optional.ofNullable(image.nextTextValue());
                    } else if (token == JsonToken.FIELD_NAME) {
                        image.nextToken();
                        image.skipChildren();
                    }
                }
            }
            return Optional.empty();
        });
    }

    /** A name as a part of a path; an image's may have slashes and a colon in it, which stay. */
    private static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%2F", "/")
                .replace("%3A", ":")
                .replace("%40", "@");
    }

    /** What the container uses now, in bytes; empty when it does not run or is gone. Takes about 20 ms. */
    public Optional<Memory> memory(String id) {
        // One-shot spares the second that the engine otherwise waits to compare two samples of the CPU.
        try (DockerHttpClient.Response answer = get("/containers/" + id + "/stats?stream=false&one-shot=true")) {
            if (answer.getStatusCode() == 404) {
                return Optional.empty();
            }
            expectOk(answer, "stats of " + id);
            return MemoryReading.of(json.readTree(answer.getBody()));
        } catch (IOException e) {
            throw new UncheckedIOException("stats of container " + id + " are not JSON", e);
        }
    }

    /**
     * What the container wrote from a moment on, the newest of it where that is more than is read at a time; empty when it
     * is gone.
     *
     * @throws EngineAway when the answer is a refusal: a proxy's, or that of a log driver that keeps nothing to read
     */
    public Optional<ContainerLog> log(String name, Instant since) {
        String path = "/containers/" + name + "/logs?stdout=1&stderr=1&timestamps=1&tail=" + ContainerLog.MOST_LINES
                + "&since=" + EventSource.written(since);
        try (DockerHttpClient.Response answer = get(path)) {
            if (answer.getStatusCode() == 404) {
                return Optional.empty();
            }
            expectOk(answer, "logs of " + name);
            return Optional.of(ContainerLog.of(answer.getBody().readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException("logs of container " + name + " cannot be read", e);
        }
    }

    /** The names of running containers, by the addresses that they have now. */
    public Map<String, String> addresses() {
        Map<String, String> names = new HashMap<>();
        for (ContainerList.Entry entry : listed("/containers/json")) {
            entry.addresses().forEach(address -> names.put(address, entry.name()));
        }
        return names;
    }

    /** The names of all containers, running or not. */
    public Set<String> names() {
        return listed("/containers/json?all=1").stream()
                .map(ContainerList.Entry::name)
                .collect(Collectors.toSet());
    }

    /** A plain GET; the caller closes the answer. Events without {@code until} come back as soon as they begin. */
    DockerHttpClient.Response get(String path) {
        return http.execute(DockerHttpClient.Request.builder()
                .method(DockerHttpClient.Request.Method.GET)
                .path(version + path)
                .build());
    }

    /** @throws EngineAway when the answer is not a success, with the beginning of what came instead */
    void expectOk(DockerHttpClient.Response answer, String what) throws IOException {
        expectOk(answer.getStatusCode(), answer.getBody(), what);
    }

    /** Takes from an answer what is wanted of it, while it comes in. */
    interface Reading<T> {
        T of(InputStream body) throws IOException;
    }

    /** @throws EngineAway when there is no answer in time, it is not a success, or it cannot be read */
    <T> T read(String path, String what, Reading<T> reading) {
        return http.read(version + path, (status, body) -> {
            expectOk(status, body, what);
            return reading.of(body);
        });
    }

    private void expectOk(int status, InputStream body, String what) throws IOException {
        if (status != 200) {
            String text = new String(body.readNBytes(300), StandardCharsets.UTF_8).strip();
            throw EngineAway.refusing(
                    "the Docker Engine at " + host + " answered " + status + " to " + what + ": " + text,
                    new IOException("HTTP " + status));
        }
    }

    @Override
    public void close() {
        try {
            client.close();
            http.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing the connection to " + host, e);
        }
    }
}
