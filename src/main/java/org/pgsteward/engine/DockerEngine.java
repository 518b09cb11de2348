package org.pgsteward.engine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.pgsteward.engine.http.EngineTransport;
import org.pgsteward.model.Container;
import org.pgsteward.model.Memory;

/**
 * The client of the Docker Engine, which only reads. Every call ends within the response timeout, with a result or with {@link
 * EngineAway}.
 */
public final class DockerEngine implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final Duration ANSWER = Duration.ofSeconds(8);

    /** A command waits longer than the daemon, which retries by itself. */
    private static final Duration PATIENT_CONNECT = Duration.ofSeconds(10);

    private static final Duration PATIENT_ANSWER = Duration.ofSeconds(30);

    /** Bytes of a field of an image's document. */
    private static final int LONGEST_IMAGE_FIELD = 1024;

    private final String host;
    private final Deadline transport;
    private final EngineHttp http;
    private final DockerClient client;
    private final ContainerInspection inspection;
    private final ObjectMapper json = DockerClientConfig.getDefaultObjectMapper();

    private DockerEngine(String host, Duration connect, Duration answer) {
        this.host = host;
        DockerClientConfig config = DefaultDockerClientConfig.createDefaultConfigBuilder()
                .withDockerHost(host)
                .withDockerTlsVerify(false)
                .build();
        this.transport = new Deadline(new EngineTransport(config.getDockerHost(), connect), host, answer);
        // Without a version unless the system property api.version sets it, for proxies that match /v1.xx/.
        String pinned = config.getApiVersion().asWebPathPart();
        this.http = new EngineHttp(host, pinned.isEmpty() ? "" : "/" + pinned, transport);
        this.client = DockerClientImpl.getInstance(config, transport);
        this.inspection = new ContainerInspection(http, json);
    }

    /**
     * Returns a client that connects at its first call, so the engine may start later.
     *
     * @param host {@code unix:///path} or {@code tcp://host:port}, as in {@code pgsteward.docker.host}
     * @throws IllegalArgumentException if it is neither
     */
    public static DockerEngine at(String host) {
        return at(host, CONNECT, ANSWER);
    }

    /** As {@link #at(String)}, for a command: an engine of a busy host gets 30 s for a response instead of 8 s. */
    public static DockerEngine forCommand(String host) {
        return at(host, PATIENT_CONNECT, PATIENT_ANSWER);
    }

    /** As {@link #at(String)}, with other limits for the TCP connect and for a whole response. */
    public static DockerEngine at(String host, Duration connect, Duration answer) {
        return new DockerEngine(checked(host), connect, answer);
    }

    /**
     * Returns the same address without blanks around it.
     *
     * @throws IllegalArgumentException if it is not an address, with the setting's name and the value
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

    /** Returns the client for the Camel component, which needs its type. This engine closes it. */
    public DockerClient client() {
        return client;
    }

    /** Returns the requests of this engine. */
    EngineHttp http() {
        return http;
    }

    public boolean answers() {
        try {
            client.pingCmd().exec();
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** Inspects all containers, running or not. Leaves out a container that is removed meanwhile. */
    public List<Container> containers() {
        return list().containers();
    }

    /**
     * Returns the same, with the containers that are too large. Older containers come before newer ones, so that a new
     * container takes no room of an older one within the limit of all; containers that were never started come last.
     */
    public Listing list() {
        return inspection.list();
    }

    /** Returns empty if the container does not exist, or is too large. */
    public Optional<Container> container(String idOrName) {
        return inspection.container(idOrName);
    }

    /** Returns the digest that an image name has on this host at present; empty if there is no such image. */
    public Optional<String> imageId(String name) {
        return http.find("/images/" + EngineHttp.segment(name) + "/json", "image " + name, this::imageId);
    }

    private Optional<String> imageId(InputStream body) throws IOException {
        try (JsonParser image = json.getFactory().createParser(new BoundedJson(body, LONGEST_IMAGE_FIELD))) {
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
    }

    /** Returns the memory of a container in bytes; empty if it does not run or does not exist. Takes about 20 ms. */
    public Optional<Memory> memory(String id) {
        // With one-shot, the engine does not wait a second to compare two samples of the CPU.
        try (DockerHttpClient.Response answer = http.get("/containers/" + id + "/stats?stream=false&one-shot=true")) {
            if (!EngineHttp.isFound(answer)) {
                return Optional.empty();
            }
            http.expectOk(answer, "stats of " + id);
            return MemoryReading.of(json.readTree(answer.getBody()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot parse the stats of container " + id, e);
        }
    }

    /**
     * Returns the log of a container from a moment on, or its newest part if it is longer than the limit for one read; empty
     * if the container does not exist.
     *
     * @throws EngineAway if a proxy refuses the request, or the log driver keeps no log that can be read
     */
    public Optional<ContainerLog> log(String name, Instant since) {
        String path = "/containers/" + name + "/logs?stdout=1&stderr=1&timestamps=1&tail=" + ContainerLog.MOST_LINES
                + "&since=" + EventSource.written(since);
        try (DockerHttpClient.Response answer = http.get(path)) {
            if (!EngineHttp.isFound(answer)) {
                return Optional.empty();
            }
            http.expectOk(answer, "logs of " + name);
            return Optional.of(ContainerLog.of(answer.getBody().readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the log of container " + name, e);
        }
    }

    /** Returns the names of running containers, by their present addresses. */
    public Map<String, String> addresses() {
        Map<String, String> names = new HashMap<>();
        for (ContainerList.Entry entry : inspection.entries(false)) {
            entry.addresses().forEach(address -> names.put(address, entry.name()));
        }
        return names;
    }

    /** Returns the names of all containers, running or not. */
    public Set<String> names() {
        return inspection.entries(true).stream().map(ContainerList.Entry::name).collect(Collectors.toSet());
    }

    @Override
    public void close() {
        try {
            client.close();
            transport.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close the connection to " + host, e);
        }
    }
}
