package org.pgsteward.provision;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.pgsteward.model.Container;
import org.pgsteward.model.Outcome;

/** Collects the results of a {@link Reconcile}: the steps that were done, or the steps of a dry run. */
final class ReconcileReport {
    private final boolean dry;
    private final Map<String, Container> containers = new HashMap<>();
    private final Map<String, ClaimResult> results = new HashMap<>();
    private final Map<String, List<ClaimResult>> companions = new HashMap<>();
    private final Map<String, List<String>> repaired = new TreeMap<>();
    private final Map<String, List<String>> closed = new TreeMap<>();
    private final Map<String, String> troubles = new TreeMap<>();
    private final List<Excess> excesses = new ArrayList<>();
    private final List<Provisioner.Plan.Line> wishes = new ArrayList<>();
    private final List<Provisioner.Plan.Line> steps = new ArrayList<>();
    private final List<Provisioner.Plan.Line> closings = new ArrayList<>();

    /** Whether a step of a claim was done. */
    private boolean changed;

    /** @param dry whether nothing is changed */
    ReconcileReport(boolean dry) {
        this.dry = dry;
    }

    boolean isDry() {
        return dry;
    }

    /** Adds the result of a container whose claims cannot be read. */
    void result(Container container, ClaimResult result) {
        containers.put(container.id(), container);
        results.put(container.id(), result);
        changed |= result.outcome() instanceof Outcome.Done;
    }

    /** Adds the result of a claim. */
    void result(Claim claim, ClaimResult result) {
        if (claim.companionOf().isEmpty()) {
            result(claim.container(), result);
        } else {
            companions
                    .computeIfAbsent(claim.container().id(), any -> new ArrayList<>())
                    .add(result);
            changed |= result.outcome() instanceof Outcome.Done;
        }
    }

    boolean isRefused(Claim claim) {
        return isFirstRefused(claim)
                || companions.getOrDefault(claim.container().id(), List.of()).stream()
                        .anyMatch(result -> result.service().equals(claim.service()) && isFailed(result));
    }

    /** Returns whether the claim for the container's first database failed. */
    boolean isFirstRefused(Claim claim) {
        return Optional.ofNullable(results.get(claim.container().id()))
                .filter(ReconcileReport::isFailed)
                .isPresent();
    }

    private static boolean isFailed(ClaimResult result) {
        return result.outcome() instanceof Outcome.Failed;
    }

    /** Returns the results of each container, by its id. */
    private Map<String, ClaimResult> byContainer() {
        Map<String, ClaimResult> all = new HashMap<>(results);
        companions.forEach((id, further) -> all.computeIfPresent(id, (any, first) -> first.with(further)));
        return all;
    }

    /** Returns whether a step of a claim or a repair was done. */
    boolean isChanged() {
        return changed || !repaired.isEmpty();
    }

    void repaired(String service, String reason) {
        add(repaired, service, reason);
    }

    /** @param subject a service or a database */
    void closed(String subject, String reason) {
        add(closed, subject, reason);
    }

    private static void add(Map<String, List<String>> reasons, String subject, String reason) {
        reasons.computeIfAbsent(subject, any -> new ArrayList<>()).add(reason);
    }

    /** Adds the reason why a step failed, in place of an earlier one. */
    void failed(String subject, String reason) {
        troubles.put(subject, reason);
    }

    /** Adds drift that pgsteward does not repair: to the plan of a dry run, else to the troubles of the service. */
    void unrepaired(String service, String reason) {
        if (dry) {
            steps.add(new Provisioner.Plan.Line(service, reason));
        } else {
            troubles.merge(service, reason, (one, other) -> one + "; " + other);
        }
    }

    void excess(Excess excess) {
        excesses.add(excess);
    }

    /** Adds the excesses to the plan of a dry run. */
    void planExcesses() {
        if (dry) {
            excesses.forEach(excess -> steps.add(new Provisioner.Plan.Line(excess.subject(), excess.reason())));
        }
    }

    /** Adds a claim to the plan. */
    void wish(String service, String text) {
        wishes.add(new Provisioner.Plan.Line(service, text));
    }

    /** Adds steps to the plan. */
    void planned(String subject, List<Step> planned) {
        planned.stream()
                .filter(step -> step.kind() != Step.Kind.RECORD)
                .forEach(step -> steps.add(new Provisioner.Plan.Line(subject, step.reason())));
    }

    /** Marks a step of the plan as one that revokes a privilege from PUBLIC. */
    void closing(IsolationPlan.Closing closing) {
        if (dry) {
            closings.add(
                    new Provisioner.Plan.Line(closing.subject(), closing.step().reason()));
        }
    }

    Provisioner.Reconciliation done() {
        return new Provisioner.Reconciliation(byContainer(), repaired, closed, troubles, excesses);
    }

    Provisioner.Plan plan() {
        return new Provisioner.Plan(
                wishes,
                byContainer().entrySet().stream()
                        .flatMap(entry -> entry.getValue()
                                .all()
                                .flatMap(result -> result.refusal().stream()
                                        .map(refusal -> refused(entry.getKey(), result, refusal))))
                        .toList(),
                steps,
                closings);
    }

    private Provisioner.Plan.Refused refused(String id, ClaimResult result, Provisioner.Refusal refusal) {
        String container = Optional.ofNullable(containers.get(id))
                .map(Container::commandName)
                .orElse(result.service());
        return new Provisioner.Plan.Refused(result.service(), result.outcome().reason(), container, refusal.remedy());
    }
}
