/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Only the image of the service changes, character for character. */
final class ComposeTextTest {
    private static final String OLD = "registry.example.org:5000/metabase/metabase:v0.50.1";
    private static final String NEW = "registry.example.org:5000/metabase/metabase:v0.51.2";

    /** In each {@code <IMAGE>} is the one image to change; {@code <OLD>} is to stay. */
    static List<String> shapes() {
        return List.of(
                "services:\n  metabase:\n    image: <IMAGE>\n",
                "services:\n  metabase:\n    image: <IMAGE>",
                "services:\r\n  metabase:\r\n    image: <IMAGE>\r\n    ports: [\"3000:3000\"]\r\n",
                "services:\n  metabase:\n    image: '<IMAGE>'  # the dashboard, see <OLD>\n",
                "services:\n  metabase:\n    \"image\":   \"<IMAGE>\" # it's \"quoted\"\n\n\n",
                "{services: {metabase: {image: <IMAGE>, restart: always}, other: {image: <OLD>}}}",
                "services: {\"metabase\": {\"image\":\"<IMAGE>\"}}",
                "\uFEFFservices:\n  metabase:\n    image: <IMAGE>\n",
                "%YAML 1.1\n---\nversion: '3'\nservices:\n  metabase:\n    image: <IMAGE>\n...\n",
                "services:\n  metabase:\n    image:\n      <IMAGE>\n    # end\n",
                "services:\n  metabase:\n    ? image\n    : <IMAGE>\n",
                "services:\n  metabase:\n    ports: !override [\"3000:3000\"]\n    image: <IMAGE>\n",
                """
                # 🚀 café
                services:
                  café:
                    image: <OLD>
                  metabase:
                    image: <IMAGE>
                    command: |
                      image: <OLD>
                  last:
                    image: <OLD>
                """,
                """
                x-base: &base
                  restart: always
                  image: <OLD>
                services:
                  metabase:
                    <<: *base
                    image: <IMAGE>
                  worker:
                    <<: *base
                """,
                """
                services:
                  metabase:
                    extends: {service: base}
                    image: <IMAGE>
                    environment: &env
                      A: 1
                  worker:
                    image: x
                    environment: *env
                """);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void nothingButTheImageChanges(String shape) throws Exception {
        String around = shape.replace("<OLD>", OLD);
        ComposeText text = new ComposeText(around.replace("<IMAGE>", OLD));

        assertThat(text.imageOf("metabase")).contains(OLD);
        assertThat(text.withImage("metabase", NEW).text()).isEqualTo(around.replace("<IMAGE>", NEW));
        assertThat(text.withImage("metabase", NEW).imageOf("metabase")).contains(NEW);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            services: {metabase: {image: &it x}}                         | with an anchor, a tag, an escape or on several
            x: [&it x]\\nservices: {metabase: {image: *it}}              | with an anchor, a tag, an escape or on several
            services: {metabase: {image: !x x}}                          | with an anchor, a tag, an escape or on several
            services: {metabase: {image: "\\x78"}}                       | with an anchor, a tag, an escape or on several
            services:\\n  metabase:\\n    image: >-\\n      x            | with an anchor, a tag, an escape or on several
            services: {metabase: {image: [x]}}                           | with an anchor, a tag, an escape or on several
            services: {metabase: {image: }}                              | with an anchor, a tag, an escape or on several
            services: {metabase: &m {image: x}, other: *m}               | metabase has the anchor &m
            x: &m {image: x}\\nservices: {metabase: *m}                  | metabase has the anchor &m
            services: &s {metabase: {image: x}}                          | services has the anchor &s
            services: {metabase: {image: x, image: y}}                   | metabase has image twice
            services: {metabase: {image: x}, metabase: {image: y}}       | services has metabase twice
            services: {metabase: {image: x, build: .}}                   | compose itself builds the image of metabase
            services: {metabase: {image: x                               | it cannot be read as one YAML document, see line 1
            services: {metabase: {image: x}}\\n---\\nservices: {}        | it cannot be read as one YAML document
            # nothing                                                    | it is empty
            """)
    void whatIsNotPlainlyTheServicesOwnIsLeftToTheOperator(String text, String reason) {
        ComposeText compose = new ComposeText(text.replace("\\n", "\n"));
        assertThatThrownBy(() -> compose.imageOf("metabase"))
                .isInstanceOf(ByHandException.class)
                .hasMessageContaining(reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            services: {other: {image: x}}
            services: {metabase: {restart: always}}
            services: {metabase: }
            services: [metabase]
            metabase: {image: x}
            x: &base {image: x}\\nservices: {metabase: {<<: *base}}
            """)
    void inheritedImageIsNotTheServicesOwn(String text) throws Exception {
        assertThat(new ComposeText(text.replace("\\n", "\n")).imageOf("metabase"))
                .isEmpty();
    }

    @Test
    void imageThatWouldReadAsSomethingElseIsNotWritten() {
        ComposeText flow = new ComposeText("services: {metabase: {image: x}}");
        assertThatThrownBy(() -> flow.withImage("metabase", "y, privileged: true"))
                .isInstanceOf(ByHandException.class);
        assertThatThrownBy(() -> flow.withImage("metabase", "y # z")).isInstanceOf(ByHandException.class);
    }
}
