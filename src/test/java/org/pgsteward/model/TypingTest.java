package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TypingTest {
    private static final String REMEDY = """
            pgsteward backup wiki   # pgsteward is only where a line begins
            docker logs --tail 50 pgsteward
            pgsteward-backup is another program""";

    @Test
    void aLineThatStartsPgstewardIsTypedWhereItRuns() {
        assertThat(new Typing("docker exec pgsteward pgsteward").of(REMEDY)).isEqualTo("""
                        docker exec pgsteward pgsteward backup wiki   # pgsteward is only where a line begins
                        docker logs --tail 50 pgsteward
                        pgsteward-backup is another program""");
        assertThat(Typing.PLAIN.of(REMEDY)).isEqualTo(REMEDY);
    }

    @Test
    void aCommandInsideASentenceIsTypedWhereItRunsAndOnlyOnce() {
        Typing typing = new Typing("docker exec pgsteward pgsteward");
        String sentence = "there is nothing; 'pgsteward backup --all' makes backups, and pgsteward runs";

        assertThat(typing.of(typing.of(sentence)))
                .isEqualTo(
                        "there is nothing; 'docker exec pgsteward pgsteward backup --all' makes backups, and pgsteward"
                                + " runs");
    }
}
