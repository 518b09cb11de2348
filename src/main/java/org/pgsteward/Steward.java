package org.pgsteward;

public final class Steward {
    private Steward() {}

    public static void main(String[] args) {
        System.out.println("hello");
    }
}
