package org.pgsteward.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fast")
class CommandPrefixTest {
    private static final String REMEDY = """
            pgsteward backup wiki   # pgsteward is only where a line begins
            docker logs --tail 50 pgsteward
            pgsteward-backup is another program""";

    @Test
    void aLineThatStartsPgstewardIsTypedWhereItRuns() {
        assertThat(new CommandPrefix("docker exec pgsteward pgsteward").of(REMEDY))
                .isEqualTo("""
                        docker exec pgsteward pgsteward backup wiki   # pgsteward is only where a line begins
                        docker logs --tail 50 pgsteward
                        pgsteward-backup is another program""");
        assertThat(CommandPrefix.PLAIN.of(REMEDY)).isEqualTo(REMEDY);
    }

    @Test
    void aSentenceAboutPgstewardIsNoCommand() {
        String sentence = "pgsteward has received no events from Docker for 5 min";

        assertThat(new CommandPrefix("docker exec pgsteward pgsteward").of(sentence))
                .isEqualTo(sentence);
    }

    @Test
    void theUseOfADiskIsListedWhereThePathsExist() {
        String remedy = "df -h '/var/lib/pgsteward'\ndu -xh -d 1 '/var/lib/pgsteward' | sort -h\ndmesg | tail";

        assertThat(new CommandPrefix("docker exec pgsteward pgsteward").of(remedy))
                .isEqualTo("docker exec pgsteward df -h '/var/lib/pgsteward'\n"
                        + "docker exec pgsteward du -xh -d 1 '/var/lib/pgsteward' | sort -h\ndmesg | tail");
        assertThat(new CommandPrefix("./pgsteward", CommandPrefix.NO_DOCKER, "psql").of(remedy))
                .isEqualTo(remedy);
    }

    @Test
    void withoutDockerNoLineAsksForIt() {
        CommandPrefix typing = new CommandPrefix("./pgsteward", CommandPrefix.NO_DOCKER, "psql -h 127.0.0.1 -p 5433");

        assertThat(typing.of("""
                        # in the compose file of vikunja:
                        VIKUNJA_DATABASE_HOST: postgresql
                        # and in its folder:
                        docker compose up -d vikunja
                        docker exec postgresql psql -U homelab -d homelab -c "SELECT 1"
                        # or, if its compose file has a command with settings: command: [...]
                        pgsteward provision vikunja""")).isEqualTo("""
                        # in the compose file of vikunja:
                        VIKUNJA_DATABASE_HOST: postgresql
                        psql -h 127.0.0.1 -p 5433 -U homelab -d homelab -c "SELECT 1"
                        ./pgsteward provision vikunja""");
        assertThat(typing.of("docker logs --tail 50 vikunja")).isEmpty();
        assertThat(typing.of("the disk is not looked at: docker exec postgresql df -h"))
                .isEqualTo("the disk is not looked at");
        assertThat(typing.restart()).isEqualTo("./pgsteward run");
    }

    @Test
    void dockersClientMayBeCalledOtherwise() {
        CommandPrefix podman = new CommandPrefix("podman exec pgsteward pgsteward", "podman", "psql");

        assertThat(podman.of("docker start vikunja\npgsteward status"))
                .isEqualTo("podman start vikunja\npodman exec pgsteward pgsteward status");
    }

    @Test
    void aCommandInsideASentenceIsTypedWhereItRunsAndOnlyOnce() {
        CommandPrefix typing = new CommandPrefix("docker exec pgsteward pgsteward");
        String sentence = "there is nothing; 'pgsteward backup --all' makes backups, and pgsteward runs";

        assertThat(typing.of(typing.of(sentence)))
                .isEqualTo(
                        "there is nothing; 'docker exec pgsteward pgsteward backup --all' makes backups, and pgsteward"
                                + " runs");
    }
}
