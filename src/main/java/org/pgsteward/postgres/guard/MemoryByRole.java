package org.pgsteward.postgres.guard;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The memory of each role at a reading, compared with its usual memory: which role is responsible for a shortage or a crash. New
 * memory is the growth within some seconds; without notable growth, the memory beyond the average.
 */
final class MemoryByRole {
    /** Share of the limit above which a role's memory, its recent growth counted twice, makes it responsible. */
    static final double LARGE_SHARE = 0.35;

    /** The same while one crash follows another: several roles may have taken the memory together. */
    static final double SHARE_OF_SEVERAL = 0.15;

    /** Share of the largest blame. */
    private static final double NEARLY_AS_MUCH = 0.75;

    /** The same as {@link ServerMemory#NOTABLE}, for one of several roles. */
    private static final double NOTABLE_PART = 0.05;

    /** Share of the limit above which a role counts as present at a reading. */
    private static final double VISIBLE = 0.01;

    private final ServerMemory reading;
    private final boolean sudden;
    private final List<RoleMemory> roles;

    MemoryByRole(ServerMemory reading, UsualUse usual) {
        this.reading = reading;
        this.sudden = isSudden(reading, usual);
        this.roles =
                reading.sessions().stream()
                        .collect(Collectors.groupingBy(ServerMemory.Session::role))
                        .entrySet()
                        .stream()
                        .map(entry -> of(entry.getKey(), entry.getValue(), usual))
                        .toList();
    }

    private RoleMemory of(String role, List<ServerMemory.Session> sessions, UsualUse usual) {
        List<ServerMemory.Session> largestFirst = sessions.stream()
                .sorted(Comparator.comparingLong(ServerMemory.Session::bytes).reversed())
                .toList();
        long bytes = sessions.stream().mapToLong(ServerMemory.Session::bytes).sum();
        long growth = sudden ? usual.suddenGrowth(role, bytes) : usual.growth(role, bytes);
        return new RoleMemory(role, bytes, growth, largestFirst);
    }

    /** Returns whether the roles have notably more memory than some seconds before. */
    private static boolean isSudden(ServerMemory reading, UsualUse usual) {
        long growth = reading.bytesByRole().entrySet().stream()
                .mapToLong(entry -> usual.suddenGrowth(entry.getKey(), entry.getValue()))
                .sum();
        return growth > reading.limit() * ServerMemory.NOTABLE;
    }

    /**
     * Returns the role that took most memory, if it is an ordinary one and that is a large share of the limit.
     *
     * @param share {@link #LARGE_SHARE} or {@link #SHARE_OF_SEVERAL}
     */
    Optional<RoleMemory> responsible(double share) {
        return mostBlamed().filter(RoleMemory::isOrdinary).filter(role -> role.blame() > reading.limit() * share);
    }

    /** Returns the same after a crash; empty if the reading is too old to show the role that took the memory. */
    Optional<RoleMemory> responsibleForCrash(double share) {
        return responsible(share)
                .filter(role -> reading.isNearlyFull() || (sudden && role.growth() > reading.limit() * NOTABLE_PART));
    }

    /** Returns the role with most blame; of several with nearly as much, the one that grew most. */
    private Optional<RoleMemory> mostBlamed() {
        long most = roles.stream().mapToLong(RoleMemory::blame).max().orElse(0);
        return roles.stream()
                .filter(role -> role.blame() >= most * NEARLY_AS_MUCH)
                .max(Comparator.comparingLong(RoleMemory::growth));
    }

    /** Returns whether a role is clearly the cause: most of its memory is new, or it has more than half of the limit. */
    boolean isClear(RoleMemory role) {
        return role.growth() * 2 > role.bytes() || role.bytes() * 2 > reading.limit();
    }

    /**
     * Returns the roles that did not cause a crash after this reading: their memory is not new, or they have neither most of
     * the new memory nor most sessions.
     */
    Set<String> cleared() {
        Set<String> suspects = suspects();
        return roles.stream()
                .filter(role -> role.bytes() > reading.limit() * VISIBLE)
                .map(RoleMemory::role)
                .filter(role -> !suspects.contains(role))
                .collect(Collectors.toSet());
    }

    /** Returns the role with most blame and the role with most sessions, among the roles with new memory. */
    private Set<String> suspects() {
        List<RoleMemory> grown = roles.stream()
                .filter(RoleMemory::isOrdinary)
                .filter(this::isClear)
                .toList();
        return Stream.of(
                        grown.stream().max(Comparator.comparingLong(RoleMemory::blame)),
                        grown.stream()
                                .max(Comparator.comparingInt(
                                        role -> role.sessions().size())))
                .flatMap(Optional::stream)
                .map(RoleMemory::role)
                .collect(Collectors.toSet());
    }

    /** Returns whether no other ordinary role has as much memory. */
    boolean isLargest(RoleMemory role) {
        return reading.sessions().stream()
                .filter(session -> !session.superuser() && !session.role().equals(role.role()))
                .collect(Collectors.groupingBy(
                        ServerMemory.Session::role, Collectors.summingLong(ServerMemory.Session::bytes)))
                .values()
                .stream()
                .allMatch(bytes -> bytes < role.bytes());
    }

    /** Returns the largest of the other roles, if it has a notable part. */
    Optional<MemoryTaken.Other> largestBeside(String role) {
        return reading.bytesByRole().entrySet().stream()
                .filter(entry ->
                        !entry.getKey().equals(role) && entry.getValue() > reading.limit() * ServerMemory.NOTABLE)
                .max(Map.Entry.comparingByValue())
                .map(entry -> new MemoryTaken.Other(entry.getKey(), entry.getValue()));
    }
}
