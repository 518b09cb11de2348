package org.pgsteward.engine;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.zerodep.ZerodepDockerHttpClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.model.Container;
import org.pgsteward.model.Memory;

/**
 * Reads what the Docker Engine knows of its containers. Every call ends within the response timeout, with an answer
 * or with {@link EngineAway}; a proxy's refusal is docker-java's {@code DockerException} with the HTTP status.
 */
public final class DockerEngine implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(8);

    private final String host;
    private final String version;
    private final DockerHttpClient http;
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
        return client.listContainersCmd().withShowAll(true).exec().stream()
                .flatMap(listed -> container(listed.getId()).stream())
                .toList();
    }

    public Optional<Container> container(String idOrName) {
        try {
            return Optional.of(
                    ContainerReading.of(client.inspectContainerCmd(idOrName).exec()));
        } catch (NotFoundException e) {
            return Optional.empty();
        }
    }

    /** The digest of what an image's name means on this host now; empty when there is no image of that name. */
    public Optional<String> imageId(String name) {
        try {
            return Optional.ofNullable(client.inspectImageCmd(name).exec().getId());
        } catch (NotFoundException e) {
            return Optional.empty();
        }
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
        try (DockerHttpClient.Response answer = get("/containers/json")) {
            expectOk(answer, "list of containers");
            Map<String, String> names = new HashMap<>();
            for (JsonNode container : json.readTree(answer.getBody())) {
                String name = container.path("Names").path(0).asText().replaceFirst("^/", "");
                for (JsonNode network : container.path("NetworkSettings").path("Networks")) {
                    for (String field : List.of("IPAddress", "GlobalIPv6Address")) {
                        names.put(network.path(field).asText(), name);
                    }
                }
            }
            names.remove("");
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException("the list of containers is not JSON", e);
        }
    }

    /** The names of all containers, running or not. */
    public Set<String> names() {
        try (DockerHttpClient.Response answer = get("/containers/json?all=1")) {
            expectOk(answer, "list of containers");
            Set<String> names = new HashSet<>();
            for (JsonNode container : json.readTree(answer.getBody())) {
                for (JsonNode name : container.path("Names")) {
                    names.add(name.asText().replaceFirst("^/", ""));
                }
            }
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException("the list of containers is not JSON", e);
        }
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
        if (answer.getStatusCode() != 200) {
            String text = new String(answer.getBody().readNBytes(300), java.nio.charset.StandardCharsets.UTF_8).strip();
            throw new EngineAway(
                    "the Docker Engine at " + host + " answered " + answer.getStatusCode() + " to " + what + ": "
                            + text,
                    new IOException("HTTP " + answer.getStatusCode()));
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
