package org.pgsteward.provision;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.pgsteward.model.Enrolment;
import org.pgsteward.model.ImageChange;
import org.pgsteward.model.Outcome;

/**
 * The result for one container.
 *
 * @param service of the container; the container's name if its claim cannot be read
 * @param claimed whether the container has a claim
 * @param refusal present if the claim is refused
 * @param repaired drift that was repaired
 * @param enrolment the service, if it has its database now
 * @param caution why the application will not work with its database
 * @param passwordSet whether the role got the container's password in this run
 * @param pool present if the application's connection pool exceeds the role's limit
 * @param companions the results for the container's further databases
 */
public record ClaimResult(
        Outcome outcome,
        String service,
        boolean claimed,
        Optional<Provisioner.Refusal> refusal,
        List<String> repaired,
        Optional<Enrolment> enrolment,
        Optional<ImageChange> imageChange,
        Optional<String> caution,
        boolean passwordSet,
        Optional<PoolAdvice> pool,
        List<ClaimResult> companions) {
    public ClaimResult {
        companions = List.copyOf(companions);
    }

    /** Returns this result with those of further databases. */
    ClaimResult with(List<ClaimResult> further) {
        return new ClaimResult(
                outcome,
                service,
                claimed,
                refusal,
                repaired,
                enrolment,
                imageChange,
                caution,
                passwordSet,
                pool,
                further);
    }

    /** Returns this result and those of further databases. */
    Stream<ClaimResult> all() {
        return Stream.concat(Stream.of(this), companions.stream());
    }

    /** Returns whether the claim is refused. */
    public boolean refused() {
        return refusal.isPresent();
    }

    /** Returns whether the database was created in this run. */
    public boolean databaseMade() {
        return outcome instanceof Outcome.Done done
                && enrolment
                        .filter(it -> done.reason().contains(DesiredService.noDatabase(it.database())))
                        .isPresent();
    }

    /** Returns whether a later run may succeed without a change by an operator. */
    public boolean worthRetrying() {
        return all().anyMatch(result -> result.outcome instanceof Outcome.Failed && !result.refused());
    }

    static ClaimResult refused(String service, RefusedClaim refused) {
        return of(new Outcome.Failed(refused.reason()), service, false, Optional.of(refused.refusal()));
    }

    /** Returns the result of a container without a claim, or whose service has the claim of another container. */
    static ClaimResult skipped(String reason, String service, boolean claimed) {
        return of(new Outcome.Skipped(reason), service, claimed, Optional.empty());
    }

    private static ClaimResult of(
            Outcome outcome, String service, boolean claimed, Optional<Provisioner.Refusal> refusal) {
        return new ClaimResult(
                outcome,
                service,
                claimed,
                refusal,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                List.of());
    }
}
