package org.pgsteward.camel.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.core.DockerClientConfig;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.ContainerEvent;

class ContainerEventsTest {
    private final ContainerEvents events = new ContainerEvents();

    @Test
    void aContainersEventKeepsTheEnginesTimeAndTheLabels() throws JsonProcessingException {
        assertThat(events.read(event("""
                        {"Type":"container","Action":"die","Actor":{"ID":"abc","Attributes":{"name":"web","exitCode":"137"}},
                         "time":1795468042,"timeNano":1795468042123456789}""")))
                .isEqualTo(new ContainerEvent(
                        Instant.ofEpochSecond(1_795_468_042, 123_456_789),
                        "die",
                        "abc",
                        "web",
                        Map.of("name", "web", "exitCode", "137")));
    }

    @Test
    void aNetworksConnectIsAboutTheContainerThatIsConnected() throws JsonProcessingException {
        ContainerEvent read = Objects.requireNonNull(events.read(event("""
                {"Type":"network","Action":"connect","Actor":{"ID":"net","Attributes":{"container":"abc","name":"internal_db","type":"bridge"}},
                 "time":1795468042,"timeNano":1795468042000000000}""")));

        assertThat(read.containerId()).isEqualTo("abc");
        assertThat(read.action()).isEqualTo("connect");
        assertThat(read.attributes()).containsEntry("network", "internal_db");
    }

    @Test
    void podmansHealthIsWrittenAsDockers() throws JsonProcessingException {
        ContainerEvent read = Objects.requireNonNull(events.read(event("""
                {"Type":"container","Action":"health_status","HealthStatus":"unhealthy",
                 "Actor":{"ID":"abc","Attributes":{"name":"web"}},"time":1795468042}""")));

        assertThat(read.action()).isEqualTo("health_status: unhealthy");
        assertThat(read.at()).isEqualTo(Instant.ofEpochSecond(1_795_468_042));
    }

    @Test
    void whatIsNotAboutAContainerIsNothing() throws JsonProcessingException {
        assertThat(events.read(event("{\"Type\":\"network\",\"Action\":\"create\",\"Actor\":{\"ID\":\"n\"}}")))
                .isNull();
        assertThat(events.read(event("{\"Type\":\"builder\",\"Action\":\"prune\",\"Actor\":{\"ID\":\"\"}}")))
                .isNull();
        assertThat(events.read(event("{}"))).isNull();
    }

    private static Event event(String json) throws JsonProcessingException {
        return DockerClientConfig.getDefaultObjectMapper().readValue(json, Event.class);
    }
}
