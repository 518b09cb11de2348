package org.pgsteward.doctor;

import java.util.List;

/**
 * The storage below a folder, as this process sees it.
 *
 * @param holds the content of the folder, in words
 * @param folder its path
 * @param fileSystem the type of the mounted file system, such as {@code ext4}; empty if no mount was found
 * @param source the device, dataset or share that the mount names
 * @param devices the block devices of the file system; empty if the kernel shows none
 */
record Storage(String holds, String folder, String fileSystem, String source, List<Device> devices) {
    /**
     * A block device.
     *
     * @param name its kernel name, such as {@code dm-0}
     * @param label its name in the device mapper; empty for other devices
     * @param uuid its identifier in the device mapper, which begins with the subsystem; empty for other devices
     * @param file the file of a loop device; empty for other devices
     * @param below the devices that it consists of
     */
    record Device(String name, String label, String uuid, String file, List<Device> below) {}
}
