package org.pgsteward.provision;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.pgsteward.model.Container;
import org.pgsteward.model.Outcome;
import org.pgsteward.postgres.Quote;
import org.pgsteward.postgres.ServerAddress;

/**
 * One look at everything: what containers ask for is made true, what is enrolled without a container now is kept as it
 * should be, each database in which something was written is looked into, and those of no service are closed.
 */
final class Reconcile {
    private final Carrier carrier;
    private final ServerAddress server;
    private final boolean dry;
    private final List<Asking> asking = new ArrayList<>();
    private final List<Claim> claims = new ArrayList<>();
    private final List<Inhabited> inside = new ArrayList<>();
    private final Set<String> off = new HashSet<>();
    private final Map<String, Provisioner.Result> results = new HashMap<>();
    private final Map<String, List<String>> repaired = new TreeMap<>();
    private final Map<String, List<String>> closed = new TreeMap<>();
    private final Map<String, String> troubles = new TreeMap<>();
    private final List<Excess> excesses = new ArrayList<>();
    private final List<Provisioner.Plan.Line> wishes = new ArrayList<>();
    private final List<Provisioner.Plan.Line> steps = new ArrayList<>();
    private final List<Provisioner.Plan.Line> closings = new ArrayList<>();
    private final Map<String, Container> containers = new HashMap<>();

    /** @param dry whether to change nothing and only say what would be done */
    Reconcile(Carrier carrier, ServerAddress server, boolean dry) {
        this.carrier = carrier;
        this.server = server;
        this.dry = dry;
    }

    /**
     * A container that asks for a database.
     *
     * @param siblings the other containers of its identity that do so
     */
    record Asking(Claim claim, List<IdentityRule.Sibling> siblings) {
        List<Claim> all() {
            return Stream.concat(Stream.of(claim), siblings.stream().flatMap(other -> other.claim().stream()))
                    .toList();
        }

        /** The same under the names under which they are enrolled; see {@link ServicePlan#owned}. */
        Asking owned(Cluster cluster, boolean trusted, Set<String> identities) {
            return new Asking(
                    ServicePlan.owned(claim, cluster, trusted, identities),
                    siblings.stream()
                            .map(other -> new IdentityRule.Sibling(
                                    other.container(),
                                    other.claim().map(its -> ServicePlan.owned(its, cluster, false, Set.of()))))
                            .toList());
        }
    }

    /** A database that is looked into. */
    private record Inhabited(String service, String database, String role) {}

    void add(Asking container) {
        containers.put(container.claim().container().id(), container.claim().container());
        asking.add(container);
    }

    /** Its container is labelled so. */
    void leaveAlone(String identity) {
        off.add(identity);
    }

    void refuse(Container container, Provisioner.Result refused) {
        containers.put(container.id(), container);
        results.put(container.id(), refused);
    }

    Provisioner.Reconciliation done() {
        return new Provisioner.Reconciliation(results, repaired, closed, troubles, excesses);
    }

    Provisioner.Plan planned() {
        return new Provisioner.Plan(
                wishes,
                results.entrySet().stream()
                        .flatMap(entry -> entry.getValue().refusal().stream()
                                .map(refusal -> refused(entry.getKey(), entry.getValue(), refusal)))
                        .toList(),
                steps,
                closings);
    }

    private Provisioner.Plan.Refused refused(String id, Provisioner.Result result, Provisioner.Refusal refusal) {
        String container = Optional.ofNullable(containers.get(id))
                .map(Container::commandName)
                .orElse(result.service());
        return new Provisioner.Plan.Refused(result.service(), result.outcome().reason(), container, refusal.remedy());
    }

    /** Lets work that waits go first. */
    interface Pause {
        void passOn() throws SQLException;
    }

    /** @param pause before each database that is looked into, which takes longer than all the rest */
    void run(Management.Turn turn, Pause pause) throws SQLException {
        Cluster cluster = turn.reading().whole();
        asking.forEach(container -> choose(container.owned(cluster, false, Set.of()), cluster));
        for (Claim claim : claims) {
            grant(claim, cluster, turn);
        }
        keepOthers(cluster, turn);
        boolean changed = results.values().stream().anyMatch(result -> result.outcome() instanceof Outcome.Done)
                || !repaired.isEmpty();
        Cluster now = changed ? turn.reading().whole() : cluster;
        for (IsolationPlan.Closing closing : IsolationPlan.of(now, server)) {
            put(closing.subject(), List.of(closing.step()), closed, turn);
            if (dry) {
                closings.add(new Provisioner.Plan.Line(
                        closing.subject(), closing.step().reason()));
            }
        }
        if (!now.services().isEmpty()) {
            tellBelongings(now, turn);
        }
        tellExcesses(now, turn);
        claims.stream()
                .filter(claim -> !isRefused(claim))
                .forEach(claim -> inside.add(new Inhabited(claim.service(), claim.database(), claim.user())));
        for (Inhabited one : inside) {
            look(one, now, turn, pause);
        }
    }

    /** Of the containers of one identity those that may speak for it; of several that ask the same, one. */
    private void choose(Asking owned, Cluster cluster) {
        Claim claim = owned.claim();
        String id = claim.container().id();
        try {
            carrier.checkIdentity(owned, cluster);
        } catch (RefusedClaim refused) {
            results.put(id, Provisioner.Result.refused(claim.service(), refused));
            return;
        }
        IdentityRule.speaker(claim, owned.siblings())
                .ifPresentOrElse(
                        speaker -> results.put(id, Carrier.spokenFor(claim, speaker)), () -> claims.add(claim));
    }

    /**
     * Objects that a service has in the management database: an operator or a function there may be a trap for a
     * superuser. What they are good for, and whether an operator needs them, is not ours to know, so they are reported and
     * not dropped.
     */
    private void tellBelongings(Cluster cluster, Management.Turn turn) throws SQLException {
        Map<String, ManagementReading.Belongings> belongings = turn.managementReading().belongings();
        for (Cluster.Service service : cluster.services().values()) {
            String role = service.role().isEmpty() ? service.name() : service.role();
            ManagementReading.Belongings owned = belongings.getOrDefault(role, ManagementReading.Belongings.NONE);
            if (owned.largeObjects() > 0) {
                excesses.add(largeObjects(role, owned.largeObjects()).of(service.name()));
            }
            if (owned.named().isEmpty()) {
                continue;
            }
            long others = owned.others() - owned.named().size();
            String more = others > 0 ? " and " + others + " more" : "";
            String reason = "role " + role + " owns "
                    + owned.named().stream().map(Names::printable).collect(Collectors.joining(", ")) + more
                    + " in database " + server.database() + ", where they may be a trap for a superuser: look at them,"
                    + " and drop there what nobody needs";
            if (dry) {
                steps.add(new Provisioner.Plan.Line(service.name(), reason));
            } else {
                troubles.merge(service.name(), reason, (one, other) -> one + "; " + other);
            }
        }
    }

    /** In pieces, each a transaction of its own: PostgreSQL holds a lock for each large object that one removes. */
    private Excess largeObjects(String role, long count) {
        return new Excess(
                role,
                "",
                "",
                "role " + role + " owns " + count + " large objects in database " + server.database()
                        + "; the limit is 0, since no service may make any there",
                "DO $$ BEGIN LOOP PERFORM lo_unlink(oid) FROM (SELECT oid FROM pg_largeobject_metadata WHERE lomowner ="
                        + " " + Quote.literal(Quote.identifier(role))
                        + "::regrole LIMIT 1000) AS mine; EXIT WHEN NOT FOUND; COMMIT; END LOOP; END $$",
                Map.of("large_objects", count, "limit", 0));
    }

    private void tellExcesses(Cluster cluster, Management.Turn turn) throws SQLException {
        for (Excess found : turn.managementReading().excesses()) {
            excesses.add(cluster.services().values().stream()
                    .filter(service -> found.service().isEmpty()
                            && (found.role().isEmpty()
                                    ? service.database().equals(found.database())
                                    : found.role().equals(service.role())))
                    .findFirst()
                    .map(service -> found.of(service.name()))
                    .orElse(found));
        }
        if (dry) {
            excesses.forEach(excess -> steps.add(new Provisioner.Plan.Line(excess.subject(), excess.reason())));
        }
    }

    private void grant(Claim claim, Cluster cluster, Management.Turn turn) throws SQLException {
        String id = claim.container().id();
        try {
            ServicePlan plan = carrier.plan(claim, cluster, false);
            if (dry) {
                wishes.add(new Provisioner.Plan.Line(claim.service(), wish(claim, cluster)));
                note(claim.service(), plan.steps());
            } else {
                results.put(id, carrier.carryOut(plan, cluster, turn.connection()));
            }
        } catch (RefusedClaim refused) {
            results.put(id, Provisioner.Result.refused(claim.service(), refused));
        } catch (SQLException e) {
            turn.stillThere(e);
            results.put(id, Carrier.failed(claim, e));
        }
    }

    private String wish(Claim claim, Cluster cluster) {
        String bound = cluster.service(claim.service())
                .filter(Cluster.Service::isBound)
                .map(service -> "bound to " + Names.printable(service.identity()))
                .orElse("bound to nobody yet");
        String role = cluster.role(claim.user()).isPresent() ? "the role exists" : "no such role";
        String database = cluster.database(claim.database())
                .map(present -> "the database exists and is " + present.owner() + "'s")
                .orElse("no such database");
        return "database " + claim.database() + " of role " + claim.user() + " (" + claim.because() + "); there is: "
                + role + ", " + database + ", " + bound;
    }

    private boolean isRefused(Claim claim) {
        return Optional.ofNullable(results.get(claim.container().id()))
                .filter(result -> result.outcome() instanceof Outcome.Failed)
                .isPresent();
    }

    /** Services of which no container asks for anything now: it is gone, or the engine is. */
    private void keepOthers(Cluster cluster, Management.Turn turn) throws SQLException {
        Set<String> covered = claims.stream()
                .filter(claim -> !isRefused(claim))
                .map(Claim::service)
                .collect(Collectors.toSet());
        Set<String> switchedOff = new HashSet<>(off);
        // Of one identity's containers a single one that asks keeps it: a label on another cannot take it away.
        asking.forEach(
                container -> switchedOff.remove(container.claim().container().identity()));
        for (Cluster.Service service : cluster.services().values()) {
            if (switchedOff.contains(service.identity())) {
                letGo(service, turn);
            } else if (service.isKept() && !covered.contains(service.name())) {
                put(service.name(), shape(service, cluster).kept(), repaired, turn);
                inside.add(new Inhabited(service.name(), service.database(), service.role()));
            }
        }
    }

    /** So that a command that cannot ask the engine leaves it alone too. */
    private void letGo(Cluster.Service service, Management.Turn turn) throws SQLException {
        if (service.enabled() && !dry) {
            carrier.run(ServicePlan.letGo(service, server.database()), turn.connection());
        }
    }

    private ServiceShape shape(Cluster.Service service, Cluster cluster) {
        return new ServiceShape(cluster, server.database(), service.database(), service.role(), Step.Kind.REPAIR);
    }

    /** @param done by subject, the reasons of what was carried out */
    private void put(String subject, List<Step> steps, Map<String, List<String>> done, Management.Turn turn)
            throws SQLException {
        if (dry) {
            note(subject, steps);
            return;
        }
        for (Step step : steps) {
            try {
                carrier.run(step, turn.connection());
                done.computeIfAbsent(subject, any -> new ArrayList<>()).add(step.reason());
            } catch (SQLException e) {
                turn.stillThere(e);
                troubles.put(subject, step.reason() + ": " + e.getMessage());
            }
        }
    }

    private void note(String subject, List<Step> steps) {
        steps.stream()
                .filter(step -> step.kind() != Step.Kind.RECORD)
                .forEach(step -> this.steps.add(new Provisioner.Plan.Line(subject, step.reason())));
    }

    private void look(Inhabited one, Cluster cluster, Management.Turn turn, Pause pause) throws SQLException {
        String database = one.database();
        String role = one.role();
        Optional<Cluster.Database> present = cluster.database(database)
                .filter(Cluster.Database::allowsConnections)
                .filter(carrier.insides()::hasChanged);
        if (present.isEmpty() || cluster.role(role).isEmpty()) {
            return;
        }
        pause.passOn();
        try {
            if (!turn.reading().isThere(database, role)) {
                return;
            }
            if (dry) {
                note(one.service(), carrier.insides().plan(Step.Kind.REPAIR, database, role));
                return;
            }
            List<Step> done =
                    carrier.insides().putRight(Step.Kind.REPAIR, database, role, Set.of(), Set.of(), carrier::run);
            carrier.insides().seen(present.get());
            done.forEach(step -> repaired.computeIfAbsent(one.service(), any -> new ArrayList<>())
                    .add(step.reason()));
        } catch (SQLException e) {
            turn.stillThere(e);
            troubles.put(one.service(), "inside database " + database + ": " + e.getMessage());
        }
    }
}
