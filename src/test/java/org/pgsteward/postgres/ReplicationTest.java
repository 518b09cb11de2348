package org.pgsteward.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("fast")
class ReplicationTest {
    @ParameterizedTest(name = "{0} to {1}: {2}")
    @CsvSource({
        "172.18.0.5,    172.18.0.2,   samenet",
        "192.168.1.20,  192.168.1.10, samenet",
        "10.0.0.7,      172.18.0.2,   10.0.0.7/32",
        "127.0.0.1,     127.0.0.1,    127.0.0.1/32",
        "::1,           ::1,          ::1/128",
        "fd00:1::5,     fd00:1::2,    samenet",
        "fd00:1::5,     fd00:2::2,    fd00:1::5/128",
        "172.18.0.5,    fd00:1::2,    172.18.0.5/32",
        ",              ,             samenet"
    })
    void theMissingLineOpensNoMoreThanItHasTo(String client, String server, String from) {
        assertThat(Replication.from(client, server)).isEqualTo(from);
    }
}
