package org.pgsteward.backup.copy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.pgsteward.backup.store.CardOrigin;
import org.pgsteward.io.BoundedFile;
import org.pgsteward.io.Sha256;
import org.pgsteward.model.FirstCause;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A repository of restic. Each backup is one snapshot with one file, which is the plain dump: restic compresses and encrypts
 * it, and stores the parts that it has already only once. Tags have the id, the path and the hash of a backup.
 *
 * <p>A snapshot counts if all its tags are there and its content was read back. {@link ResticCatalogue} has the manifests.
 */
public final class ResticPlace implements CopyPlace {
    private static final Logger LOG = LoggerFactory.getLogger(ResticPlace.class);

    private static final int LARGEST_DOCUMENT = 16 << 20;

    private final ResticSettings settings;
    private final Restic restic;
    private final ResticCatalogue catalogue;
    private final ResticPrune prune;

    private ResticPlace(ResticSettings settings) {
        this.settings = settings;
        restic = new Restic(settings);
        catalogue = new ResticCatalogue(restic, settings.folder());
        prune = new ResticPrune(restic, settings);
    }

    /**
     * Returns the repository of a target.
     *
     * @param prefix of the names of its settings, such as {@code pgsteward.copy.restic}
     * @param knownHosts the host keys that ssh trusts; empty for those of the user
     * @param key the private key of ssh; empty for those of the user
     * @throws IOException if a setting is missing or wrong, or the private folder cannot be created
     */
    public static ResticPlace of(
            CopyPrograms programs, String target, String prefix, Optional<Path> knownHosts, Optional<Path> key)
            throws IOException {
        return new ResticPlace(ResticSettings.of(programs, target, prefix, new ResticSettings.Ssh(knownHosts, key)));
    }

    @Override
    public void begin(int copies) throws IOException, InterruptedException {
        List<ResticSnapshot> snapshots = restic.snapshots();
        if (copies > 0 && snapshots.isEmpty()) {
            throw new IOException("the journal records copies in the restic repository, but it has no snapshot of"
                    + " pgsteward; correct " + settings.setting("repository")
                    + ", or run 'pgsteward check --copies' if you emptied the repository yourself");
        }
        catalogue.merge(snapshots);
        try {
            restic.unlock();
        } catch (ResticFailure e) {
            LOG.debug("stale locks stay: {}", e.getMessage());
        }
    }

    @Override
    public Stored put(Outgoing file) throws IOException, InterruptedException {
        if (ResticCatalogue.isDocument(file.path())) {
            return catalogue.put(file.path(), BoundedFile.bytesNoLink(file.file(), LARGEST_DOCUMENT));
        }
        List<ResticContent> forms = new ArrayList<>();
        if (file.dump().isPresent()) {
            ResticContent.plain(file, file.dump().get()).ifPresent(forms::add);
        }
        forms.add(ResticContent.stored(file));
        List<ResticSnapshot> there =
                ResticSnapshot.at(file.path(), restic.snapshots()).toList();
        Optional<ResticSnapshot> intact = intact(forms, there);
        if (intact.isEmpty() && !file.mayReplace() && there.stream().anyMatch(one -> isOther(one, forms))) {
            throw new IOException("the restic repository has another backup at " + file.path()
                    + ", which this pgsteward did not write; use another repository");
        }
        if (intact.isEmpty()) {
            store(forms);
        }
        List<ResticSnapshot> others =
                there.stream().filter(one -> !intact.equals(Optional.of(one))).toList();
        if (!others.isEmpty()) {
            prune.isNeeded();
            tryToForget(others);
        }
        return Stored.NOW;
    }

    private static boolean isOther(ResticSnapshot snapshot, List<ResticContent> forms) {
        return snapshot.isComplete() && forms.stream().noneMatch(form -> form.isIn(snapshot));
    }

    private Optional<ResticSnapshot> intact(List<ResticContent> forms, List<ResticSnapshot> there)
            throws IOException, InterruptedException {
        for (ResticContent form : forms) {
            for (ResticSnapshot snapshot : there) {
                if (form.isIn(snapshot) && isIntact(snapshot.id(), form)) {
                    return Optional.of(snapshot);
                }
            }
        }
        return Optional.empty();
    }

    /**
     * Stores the content and reads it back. restic does not store a part again that its index has, even if that part is
     * damaged. So the index is rebuilt after a failure, which removes missing parts from it. Damaged ones stay, but the file
     * of the store shares no part with the plain dump.
     */
    private void store(List<ResticContent> forms) throws IOException, InterruptedException {
        List<ResticContent> attempts = new ArrayList<>(forms);
        attempts.add(0, forms.get(0));
        for (int i = 0; i < attempts.size(); i++) {
            if (i == 1) {
                restic.rebuildIndex();
            }
            ResticContent content = attempts.get(i);
            if (prune.afterFailure(() -> isStored(content))) {
                return;
            }
            LOG.warn(
                    "{}: {} cannot be read back from the restic repository{}",
                    settings.target(),
                    content.file().path(),
                    i == attempts.size() - 1 ? "" : "; it is sent again");
        }
        throw new IOException("the restic repository is damaged: "
                + forms.get(0).file().path() + " cannot be read back; run 'restic check --read-data' on it");
    }

    /** Stores the content once. A snapshot that cannot be read back is removed. */
    private boolean isStored(ResticContent content) throws IOException, InterruptedException {
        String id = restic.store(
                content.name(), content.tags(), content.size(), content.file().bytesPerSecond(), content::write);
        boolean intact = isIntact(id, content);
        if (!intact) {
            tryToForget(List.of(snapshot(id, content.tags())));
        }
        return intact;
    }

    private static ResticSnapshot snapshot(String id, List<String> tags) {
        return new ResticSnapshot(id, "", tags, java.util.OptionalLong.empty());
    }

    /**
     * Reads a snapshot back and compares its hash.
     *
     * @throws IOException if the repository does not answer, which is no damage
     */
    private boolean isIntact(String id, ResticContent content) throws IOException, InterruptedException {
        MessageDigest digest = Sha256.digest();
        try (InputStream back =
                new DigestInputStream(restic.open(id, "/" + content.name(), Restic.limit(content.size(), 0)), digest)) {
            back.transferTo(OutputStream.nullOutputStream());
        } catch (ResticFailure e) {
            if (e.kind() != ResticFailure.Kind.OTHER) {
                throw e;
            }
            LOG.warn("{}: {}", settings.target(), e.getMessage());
            restic.snapshots();
            return false;
        }
        return HexFormat.of().formatHex(digest.digest()).equals(content.sha256());
    }

    /** Removes snapshots that do not count. A repository that refuses keeps them, and no reader uses them. */
    private void tryToForget(List<ResticSnapshot> snapshots) throws IOException, InterruptedException {
        try {
            restic.forget(snapshots);
        } catch (ResticFailure e) {
            LOG.info("{}: the restic repository keeps incomplete snapshots: {}", settings.target(), e.getMessage());
        }
    }

    @Override
    public void commit() throws IOException, InterruptedException {
        catalogue.commit(false);
        prune.run();
    }

    @Override
    public Incoming get(String path) throws IOException, InterruptedException {
        List<ResticSnapshot> snapshots = restic.snapshots();
        if (ResticCatalogue.isDocument(path)) {
            ResticSnapshot newest = ResticCatalogue.newest(snapshots)
                    .orElseThrow(() -> new IOException("the restic repository has no catalogue of pgsteward"));
            return Incoming.asStored(restic.open(newest.id(), "/" + path, Restic.limit(LARGEST_DOCUMENT, 0)));
        }
        ResticSnapshot found = ResticSnapshot.at(path, snapshots)
                .filter(ResticSnapshot::isComplete)
                .findFirst()
                .orElseThrow(() -> new IOException("the restic repository has no complete snapshot of " + path));
        String form = found.form().orElseThrow();
        Duration limit = Restic.limit(found.size().orElseThrow(), 0);
        InputStream content = restic.open(found.id(), "/" + ResticContent.name(path, form), limit);
        return form.equals(ResticContent.PLAIN) ? new Incoming(content, found.sha256()) : Incoming.asStored(content);
    }

    @Override
    public boolean has(String path) throws IOException, InterruptedException {
        List<ResticSnapshot> snapshots = restic.snapshots();
        return ResticCatalogue.isDocument(path)
                ? catalogue.list(snapshots).contains(path)
                : ResticCatalogue.backups(snapshots).contains(path);
    }

    @Override
    public void remove(String path) throws IOException, InterruptedException {
        if (ResticCatalogue.isDocument(path)) {
            catalogue.remove(path);
            return;
        }
        List<ResticSnapshot> found = ResticSnapshot.at(path, restic.snapshots()).toList();
        if (!found.isEmpty()) {
            prune.isNeeded();
            restic.forget(found);
        }
    }

    /** Removes all at once, because each start of restic reads the index of the repository. */
    @Override
    public Map<String, Optional<String>> removeSome(List<String> paths) throws IOException, InterruptedException {
        Set<String> unwanted = new HashSet<>(paths);
        List<ResticSnapshot> found = restic.snapshots().stream()
                .filter(snapshot -> snapshot.path().filter(unwanted::contains).isPresent())
                .toList();
        Set<String> kept = Set.of();
        String refusal = "";
        if (!found.isEmpty()) {
            prune.isNeeded();
            try {
                restic.forget(found);
            } catch (IOException e) {
                refusal = FirstCause.of(e);
                kept = ResticCatalogue.backups(restic.snapshots());
            }
        }
        Map<String, Optional<String>> handled = new HashMap<>();
        for (String path : paths) {
            handled.put(path, kept.contains(path) ? Optional.of(refusal) : Optional.empty());
        }
        return handled;
    }

    @Override
    public List<String> list() throws IOException, InterruptedException {
        List<ResticSnapshot> snapshots = restic.snapshots();
        List<String> paths = new ArrayList<>(catalogue.list(snapshots));
        paths.addAll(ResticCatalogue.backups(snapshots));
        return paths;
    }

    @Override
    public Optional<Integer> manifests(Path folder) throws IOException, InterruptedException {
        return Optional.of(catalogue.manifests(restic.snapshots(), folder));
    }

    @Override
    public Optional<String> check() throws IOException, InterruptedException {
        List<String> notes = new ArrayList<>();
        List<ResticSnapshot> snapshots;
        try {
            snapshots = restic.snapshots();
        } catch (ResticFailure e) {
            if (e.kind() != ResticFailure.Kind.NO_REPOSITORY) {
                throw e;
            }
            restic.run("init", "--quiet");
            notes.add("the repository was created; keep its password apart from this host, because nothing can be read"
                    + " without it");
            snapshots = restic.snapshots();
        }
        catalogue.merge(snapshots);
        // A pass refuses a repository without a catalogue if the journal records copies there.
        catalogue.commit(ResticCatalogue.newest(snapshots).isEmpty());
        tryToWrite(notes);
        return notes.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", notes));
    }

    @Override
    public CardOrigin recovery(String target) throws IOException, InterruptedException {
        return ResticCard.of(restic.snapshots());
    }

    private void tryToWrite(List<String> notes) throws IOException, InterruptedException {
        byte[] content = ("pgsteward check " + java.util.UUID.randomUUID()).getBytes(StandardCharsets.UTF_8);
        String name = "pgsteward-check";
        List<String> tags = List.of(ResticSnapshot.CHECK);
        String id = restic.store(name, tags, content.length, 0, input -> input.write(content));
        try (InputStream back = restic.open(id, "/" + name, Restic.limit(0, 0))) {
            byte[] read = back.readNBytes(content.length + 1);
            if (!java.util.Arrays.equals(read, content)) {
                throw new IOException("the restic repository returned another content than was written");
            }
        }
        try {
            restic.forget(List.of(snapshot(id, tags)));
        } catch (ResticFailure e) {
            notes.add("the repository does not let pgsteward remove snapshots, so it keeps all copies: "
                    + e.getMessage());
        }
    }
}
