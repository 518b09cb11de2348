package org.pgsteward.camel.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.core.DockerClientConfig;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pgsteward.model.ContainerEvent;

@Tag("fast")
class ContainerEventsTest {
    @Test
    void aContainersEventKeepsTheEnginesTimeAndTheLabels() throws JsonProcessingException {
        assertThat(ContainerEvents.of(event("""
                        {"Type":"container","Action":"die","Actor":{"ID":"abc","Attributes":{"name":"web","exitCode":"137"}},
                         "time":1795468042,"timeNano":1795468042123456789}""")))
                .contains(new ContainerEvent(
                        Instant.ofEpochSecond(1_795_468_042, 123_456_789),
                        "die",
                        "abc",
                        "web",
                        Map.of("name", "web", "exitCode", "137")));
    }

    @Test
    void aNetworksConnectIsAboutTheContainerThatIsConnected() throws JsonProcessingException {
        ContainerEvent read = containerEvent("""
                {"Type":"network","Action":"connect","Actor":{"ID":"net","Attributes":{"container":"abc","name":"internal_db","type":"bridge"}},
                 "time":1795468042,"timeNano":1795468042000000000}""");

        assertThat(read.containerId()).isEqualTo("abc");
        assertThat(read.action()).isEqualTo("connect");
        assertThat(read.attributes()).containsEntry("network", "internal_db");
    }

    @Test
    void podmansHealthIsWrittenAsDockers() throws JsonProcessingException {
        ContainerEvent read = containerEvent("""
                {"Type":"container","Action":"health_status","HealthStatus":"unhealthy",
                 "Actor":{"ID":"abc","Attributes":{"name":"web"}},"time":1795468042}""");

        assertThat(read.action()).isEqualTo("health_status: unhealthy");
        assertThat(read.at()).isEqualTo(Instant.ofEpochSecond(1_795_468_042));
    }

    @Test
    void eventsOfOtherObjectsAreIgnored() throws JsonProcessingException {
        assertThat(ContainerEvents.of(event("{\"Type\":\"network\",\"Action\":\"create\",\"Actor\":{\"ID\":\"n\"}}")))
                .isEmpty();
        assertThat(ContainerEvents.of(event("{\"Type\":\"builder\",\"Action\":\"prune\",\"Actor\":{\"ID\":\"\"}}")))
                .isEmpty();
        assertThat(ContainerEvents.of(event("{}"))).isEmpty();
    }

    private static ContainerEvent containerEvent(String json) throws JsonProcessingException {
        return ContainerEvents.of(event(json)).orElseThrow();
    }

    private static Event event(String json) throws JsonProcessingException {
        return DockerClientConfig.getDefaultObjectMapper().readValue(json, Event.class);
    }
}
