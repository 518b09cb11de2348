package org.pgsteward.doctor;

/**
 * Whether a folder lies on an encrypted device. This is information, and no fault.
 *
 * @param holds the content of the folder, in words
 * @param folder its path
 * @param state {@code encrypted}, {@code partly encrypted} or {@code not visible}
 * @param detail the kind and the device, or the reason
 */
public record Encryption(String holds, String folder, String state, String detail) {}
