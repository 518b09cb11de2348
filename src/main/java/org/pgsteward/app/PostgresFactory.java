package org.pgsteward.app;

import java.nio.file.Path;
import java.util.Optional;
import org.pgsteward.config.PostgresConfig;
import org.pgsteward.model.CommandPrefix;
import org.pgsteward.model.Console;
import org.pgsteward.postgres.Server;
import org.pgsteward.postgres.ServerAddress;

/** Factory of the access to PostgreSQL, for pgsteward itself and for the lines that operators paste. */
final class PostgresFactory {
    final PostgresConfig config;
    final Server server;
    final CommandPrefix typing;

    /** @throws org.pgsteward.config.NotSet if the purpose needs a password and none is set */
    PostgresFactory(Foundation base) {
        config = base.purpose.needsPassword()
                ? PostgresConfig.of(base.settings)
                : PostgresConfig.withoutPassword(base.settings);
        server = new Server(config.address());
        typing = new CommandPrefix(
                base.daemon.command(),
                base.daemon.dockerCommand(),
                "PGPASSWORD=$PGSTEWARD_POSTGRES_PASSWORD psql -h "
                        + CommandPrefix.word(address().host()) + " -p "
                        + address().port());
    }

    ServerAddress address() {
        return config.address();
    }

    /** Returns the folder of PostgreSQL's programs; empty if the operator sets none. */
    Optional<Path> programs() {
        return config.programs();
    }

    Console console() {
        return new Console(config.containerName(), address().user(), address().database());
    }

    /** Returns the start of a command line that sends a statement to the management database. */
    String statementCommand() {
        return "docker exec " + CommandPrefix.word(config.containerName()) + " psql -U "
                + CommandPrefix.word(address().user()) + " -d "
                + CommandPrefix.word(address().database()) + " -c";
    }
}
