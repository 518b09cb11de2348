package org.pgsteward.app;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.camel.docker.ContainerEvents;
import org.pgsteward.config.ProvisionConfig;
import org.pgsteward.containers.Containers;
import org.pgsteward.containers.StatusRule;
import org.pgsteward.containers.StatusWatch;
import org.pgsteward.engine.DockerEngine;
import org.pgsteward.engine.EventFeed;
import org.pgsteward.provision.Catalogue;
import org.pgsteward.provision.DaemonProvisioning;
import org.pgsteward.provision.Discovery;
import org.pgsteward.provision.IdleServices;
import org.pgsteward.provision.Preparation;
import org.pgsteward.provision.Provisioner;
import org.pgsteward.provision.SecretsFolder;
import org.pgsteward.provision.ServiceProvisioning;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.helpers.NOPLogger;

/** Factory of the container registry, and of the provisioning of roles and databases. */
final class ProvisionFactory {
    /** Time that a started container must run before its alert resolves. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Foundation base;
    private final PostgresFactory postgres;
    private final JournalFactory journal;
    private final AlertFactory alert;
    private final BackupFactory backup;
    private final ProvisionConfig config;

    ProvisionFactory(
            Foundation base,
            PostgresFactory postgres,
            JournalFactory journal,
            AlertFactory alert,
            BackupFactory backup) {
        this.base = base;
        this.postgres = postgres;
        this.journal = journal;
        this.alert = alert;
        this.backup = backup;
        config = ProvisionConfig.of(base.settings);
    }

    /** Returns the container registry. It does not contact the engine yet. */
    Containers containers(DockerEngine engine) {
        return new Containers(
                engine,
                postgres.config.container(),
                postgres.address().host(),
                new StatusWatch(new StatusRule(PATIENCE, config.updateGrace()), base.clock),
                () -> ContainerEvents.readAll(EventFeed.remembered(engine, base.clock)));
    }

    /** @throws IOException if the operator's catalogue cannot be used, with its name */
    Discovery discovery() throws IOException {
        Path secrets = config.secrets();
        Set<Path> ours = new HashSet<>(base.settings.files());
        ours.add(secrets.resolve("postgres_password"));
        SecretsFolder folder = new SecretsFolder(secrets, config.secretsPlace(), ours, base.settings.secrets());
        Optional<Path> own = config.catalogue();
        return new Discovery(
                own.isPresent() ? Catalogue.with(base.json, own.get()) : Catalogue.shipped(base.json), folder);
    }

    /** Returns the provisioner of a command, which checks the contents of every database. */
    Provisioner provisioner() throws IOException {
        return provisioner(discovery(), false);
    }

    private Provisioner provisioner(Discovery discovery, boolean recorded) {
        return new Provisioner(discovery, postgres.server, config.extensions(), recorded, base.clock);
    }

    /** Returns the daemon's provisioning for a command, which prints instead of logging. */
    ServiceProvisioning forCommand(Provisioner provisioner, Containers containers) throws IOException {
        return provisioning(provisioner, discovery(), containers, NOPLogger.NOP_LOGGER);
    }

    /** Returns the provisioning of the containers, for the daemon. */
    DaemonProvisioning forDaemon(Containers containers) throws IOException {
        Discovery discovery = discovery();
        Logger log = LoggerFactory.getLogger(ServiceProvisioning.class);
        Provisioner provisioner = provisioner(discovery, true);
        return new DaemonProvisioning(
                provisioning(provisioner, discovery, containers, log),
                new Preparation(provisioner, config.spares()),
                discovery,
                containers,
                backup.house,
                config.webNetwork(),
                base.clock);
    }

    private ServiceProvisioning provisioning(
            Provisioner provisioner, Discovery discovery, Containers containers, Logger log) {
        return new ServiceProvisioning(
                provisioner,
                containers,
                journal.tables,
                postgres.address(),
                new IdleServices(discovery, containers, journal.tables, config.idleAfter(), base.clock),
                alert.alerts::firing,
                log,
                base.clock);
    }
}
