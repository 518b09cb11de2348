package org.pgsteward.web;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/** A server of finished pages for a browser. It ends with the test's process. */
final class PageServer {
    private PageServer() {}

    /**
     * Serves pages by path on a port of its own.
     *
     * @return the address of the path {@code /}
     */
    static String serve(Map<String, String> pages, Optional<String> policy) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
                policy.ifPresent(text -> exchange.getResponseHeaders().set("Content-Security-Policy", text));
                byte[] bytes = pages.getOrDefault(exchange.getRequestURI().getPath(), "")
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, bytes.length);
                exchange.getResponseBody().write(bytes);
            }
        });
        server.start();
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }
}
