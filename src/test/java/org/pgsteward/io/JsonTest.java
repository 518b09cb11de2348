package org.pgsteward.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class JsonTest {
    private final ObjectMapper json = Json.mapper();

    record Meeting(String place, Instant at) {}

    @Test
    void writesInstantsForPeopleAndReadsThemBack() throws JsonProcessingException {
        Meeting meeting = new Meeting("here", Instant.parse("2026-05-01T12:00:00.123456Z"));

        String text = json.writeValueAsString(meeting);

        assertThat(text).isEqualTo("{\"place\":\"here\",\"at\":\"2026-05-01T12:00:00.123456Z\"}");
        assertThat(json.readValue(text, Meeting.class)).isEqualTo(meeting);
    }

    @Test
    void ignoresFieldsOfALaterVersion() throws JsonProcessingException {
        assertThat(json.readValue("{\"place\":\"here\",\"who\":\"we\",\"at\":\"2026-05-01T12:00:00Z\"}", Meeting.class))
                .isEqualTo(new Meeting("here", Instant.parse("2026-05-01T12:00:00Z")));
    }

    @Test
    void refusesInvalidInstants() {
        assertThatThrownBy(() -> json.readValue("{\"place\":\"here\",\"at\":\"noon\"}", Meeting.class))
                .isInstanceOf(JsonProcessingException.class)
                .hasMessageContaining("noon");
    }
}
