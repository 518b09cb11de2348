package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.store.CardOrigin;

/** A place that announces each operation before it begins. It is opened anew for each, as by the route of a target. */
final class SteppedPlace implements CopyPlace {
    private final PlaceRecipe recipe;
    private final Steps steps;

    /** Learns of each operation. */
    @FunctionalInterface
    interface Steps {
        void next(String operation) throws IOException;
    }

    SteppedPlace(PlaceRecipe recipe, Steps steps) {
        this.recipe = recipe;
        this.steps = steps;
    }

    private CopyPlace next(String operation) throws IOException {
        steps.next(operation);
        return recipe.open();
    }

    @Override
    public void begin(int copies) throws IOException, InterruptedException {
        next("begin").begin(copies);
    }

    @Override
    public Stored put(Outgoing file) throws IOException, InterruptedException {
        return next("put").put(file);
    }

    @Override
    public void commit() throws IOException, InterruptedException {
        next("commit").commit();
    }

    @Override
    public Incoming get(String path) throws IOException, InterruptedException {
        return next("get").get(path);
    }

    @Override
    public boolean has(String path) throws IOException, InterruptedException {
        return next("has").has(path);
    }

    @Override
    public void remove(String path) throws IOException, InterruptedException {
        next("remove").remove(path);
    }

    @Override
    public List<String> list() throws IOException, InterruptedException {
        return next("list").list();
    }

    @Override
    public Optional<Integer> manifests(Path folder) throws IOException, InterruptedException {
        return next("manifests").manifests(folder);
    }

    @Override
    public Optional<String> check() throws IOException, InterruptedException {
        return next("check").check();
    }

    @Override
    public CardOrigin recovery(String target) throws IOException, InterruptedException {
        return next("recovery").recovery(target);
    }
}
