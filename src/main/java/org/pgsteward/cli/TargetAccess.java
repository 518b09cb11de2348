package org.pgsteward.cli;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import org.pgsteward.alert.OneLine;
import org.pgsteward.app.Wiring;
import org.pgsteward.backup.copy.CopyFetch;
import org.pgsteward.backup.copy.CopyTarget;
import org.pgsteward.backup.copy.FetchFolder;
import org.pgsteward.backup.store.Store;
import org.pgsteward.camel.Pipeline;
import org.pgsteward.model.Refusal;

/**
 * The access of a command to one target: its started route, and a private folder that becomes a store with the target's
 * manifests.
 */
final class TargetAccess implements AutoCloseable {
    private final String target;
    private final Wiring wiring;
    private final Pipeline pipeline;
    private final FetchFolder folder;
    private final Store catalogue;

    private TargetAccess(String target, Wiring wiring, Pipeline pipeline, FetchFolder folder) {
        this.target = target;
        this.wiring = wiring;
        this.pipeline = pipeline;
        this.folder = folder;
        this.catalogue = wiring.copies.catalogue(folder.path());
    }

    /** @throws Refusal if there is no such target, or it is switched off */
    static TargetAccess open(String target, Wiring wiring) throws IOException {
        Set<String> known = wiring.copies.targetsInFiles();
        if (!known.contains(target)) {
            throw new Refusal("there is no target '" + OneLine.of(target, 60) + "'; "
                    + (known.isEmpty() ? "the route files have none" : "the targets are " + String.join(", ", known)));
        }
        Pipeline pipeline = wiring.copyPipeline().onlyWhenAsked();
        boolean opened = false;
        try {
            pipeline.start();
            if (wiring.copyTargets().all().stream().map(CopyTarget::name).noneMatch(target::equals)) {
                throw FromPlace.off(target);
            }
            TargetAccess access = new TargetAccess(target, wiring, pipeline, wiring.copies.fetchFolder());
            opened = true;
            return access;
        } finally {
            if (!opened) {
                pipeline.close();
            }
        }
    }

    String target() {
        return target;
    }

    /** Returns the store with the target's manifests. */
    Store catalogue() {
        return catalogue;
    }

    CopyFetch fetch() {
        return wiring.copies.fetch(target, catalogue);
    }

    /** Returns the paths of the files at the target. */
    List<String> list() throws IOException, InterruptedException {
        return wiring.copyTargets().place(target).list();
    }

    @Override
    public void close() throws IOException {
        try {
            pipeline.close();
        } finally {
            folder.close();
        }
    }
}
