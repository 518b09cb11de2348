package org.pgsteward.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.pgsteward.model.Refusal;
import org.pgsteward.postgres.Programs;
import org.pgsteward.postgres.UnprivilegedUser;

/**
 * PostgreSQL's programs for the demonstration: the newest on this machine, or else those of the image.
 *
 * <p>From the image they are a folder of small scripts. Each runs the program of its name in a container that shares
 * this machine's network and the demonstration's folders. Other code uses them like installed programs.
 */
record DemoPrograms(Programs programs, UnprivilegedUser user) {
    private static final String IMAGE = "postgres:15-alpine";
    private static final int MAJOR = 15;
    private static final List<String> PROGRAMS =
            List.of("initdb", "postgres", "psql", "pg_dump", "pg_dumpall", "pg_restore");

    /** @throws Refusal if neither the machine has them nor an engine has the image, with the package to install */
    static DemoPrograms find(Path folder, Optional<Path> bindir, Screen screen)
            throws IOException, InterruptedException {
        UnprivilegedUser user = UnprivilegedUser.ofThisProcess();
        Optional<Programs> installed = Programs.newest(bindir);
        if (installed.isPresent()) {
            return new DemoPrograms(installed.get(), user);
        }
        if (!succeeds(List.of("docker", "version"), 20) || !hasImage(screen)) {
            throw new Refusal("the demonstration needs PostgreSQL's programs (initdb, pg_dump and others), or a"
                    + " Docker Engine to take them from: install postgresql-15, or set PGSTEWARD_POSTGRES_BINDIR");
        }
        Path bin = Files.createDirectories(folder.resolve("bin"));
        for (String program : PROGRAMS) {
            Path script = bin.resolve(program);
            Files.writeString(script, script(program, folder, user));
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return new DemoPrograms(new Programs(bin, MAJOR), user.insideContainers());
    }

    /**
     * Returns the script. It passes variables by name, so that no password is among the arguments. It mounts {@code
     * /etc/passwd}, because PostgreSQL requires a name for its user.
     */
    private static String script(String program, Path folder, UnprivilegedUser user) throws IOException {
        String host = Optional.ofNullable(System.getenv("DOCKER_HOST"))
                .map(address -> "DOCKER_HOST='" + address + "'; export DOCKER_HOST\n")
                .orElse("");
        return "#!/bin/sh\n" + host + "exec docker run --rm --interactive --init --network host --user " + user.ids()
                + " --volume /etc/passwd:/etc/passwd:ro --volume /tmp:/tmp --volume '" + folder + "':'" + folder
                + "' --env PGHOST --env PGPORT --env PGUSER --env PGDATABASE --env PGPASSWORD --env PGAPPNAME"
                + " --env PGPASSFILE --env PGREQUIREAUTH --env PGOPTIONS --env LC_ALL --label org.pgsteward.demo --entrypoint "
                + program + " "
                + IMAGE + " \"$@\"\n";
    }

    private static boolean hasImage(Screen screen) throws InterruptedException {
        if (succeeds(List.of("docker", "image", "inspect", IMAGE), 20)) {
            return true;
        }
        screen.say("This machine has no programs of PostgreSQL. Docker pulls " + IMAGE + ", at most for 5 minutes.");
        return succeeds(List.of("docker", "pull", "--quiet", IMAGE), 300);
    }

    private static boolean succeeds(List<String> command, int seconds) throws InterruptedException {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD);
            // Docker needs only the address of the engine; no secret is passed on.
            builder.environment().keySet().removeIf(name -> !name.matches("PATH|HOME|DOCKER_.*"));
            Process process = builder.start();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return false;
            }
            return process.exitValue() == 0;
        } catch (IOException e) {
            // The command does not exist.
            return false;
        }
    }
}
