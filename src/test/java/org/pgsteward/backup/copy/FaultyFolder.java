package org.pgsteward.backup.copy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.pgsteward.backup.copy.ends.MountedFolder;

/** A folder, which is on a disk of its own if the fault needs one. */
final class FaultyFolder implements FaultyEnd {
    private final CopyFaultCase of;
    private final Optional<MountedFolder> disk;
    private final Path folder;

    FaultyFolder(CopyFaultCase of, Path parent) throws IOException {
        this.of = of;
        disk = of.fault().isOutage() ? Optional.of(MountedFolder.of("4m")) : Optional.empty();
        Path plain = disk.isPresent() ? parent : Files.createDirectories(parent.resolve("copies"));
        folder = disk.map(MountedFolder::folder).orElse(plain);
    }

    @Override
    public PlaceRecipe recipe() {
        return PlaceRecipe.folder(folder, disk.map(MountedFolder::folder).filter(mount -> isDeclared()));
    }

    /**
     * Returns whether the setting names the mount. Without it, pgsteward refuses the empty mount point only if the journal
     * records copies there.
     */
    private boolean isDeclared() {
        return of.variant(2) == 0 || of.before() == 0;
    }

    @Override
    public void fail() throws Exception {
        if (disk.isEmpty()) {
            Files.move(folder, away());
            return;
        }
        MountedFolder mounted = disk.orElseThrow();
        switch (of.fault()) {
            case FULL -> FaultyDisk.fill(mounted, of.moment());
            case READ_ONLY -> mounted.readOnly(true);
            default -> mounted.unmount();
        }
    }

    /** Returns the folder of the files, also while the target is gone. */
    private Path behind() {
        return disk.map(MountedFolder::behind).orElse(Files.exists(away()) ? away() : folder);
    }

    private Path away() {
        return folder.resolveSibling("away");
    }

    @Override
    public void recover() throws Exception {
        if (disk.isEmpty()) {
            Files.move(away(), folder);
            return;
        }
        MountedFolder mounted = disk.orElseThrow();
        switch (of.fault()) {
            case FULL -> mounted.free();
            case READ_ONLY -> mounted.readOnly(false);
            default -> mounted.mount();
        }
    }

    @Override
    public boolean isWhole(String path, Path stored) throws IOException {
        return FaultyFiles.sha256(behind().resolve(path)).equals(FaultyFiles.sha256(stored));
    }

    @Override
    public Optional<Path> files() {
        return Optional.of(behind()).filter(Files::isDirectory);
    }

    @Override
    public void alter(String path) throws IOException {
        FaultyFiles.alter(behind().resolve(path), of.variant(3), of.moment().bytes());
    }

    @Override
    public void remove(String path) throws IOException {
        Files.delete(behind().resolve(path));
    }

    @Override
    public void age() throws IOException {
        FaultyFiles.age(behind());
    }

    @Override
    public List<String> leftovers() throws IOException {
        return CopyHost.filesIn(behind()).stream()
                .filter(name -> name.endsWith(".part"))
                .toList();
    }

    @Override
    public void close() throws IOException {
        if (disk.isPresent()) {
            disk.get().close();
        }
    }
}
