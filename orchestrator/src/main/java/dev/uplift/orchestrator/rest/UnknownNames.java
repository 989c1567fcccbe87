/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.rest;

import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.uplift.profile.Nearest;
import jakarta.ws.rs.BeanParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;

/** Refuses what a request names and no resource knows, with the name that was most likely meant. */
final class UnknownNames {
    // Anything else could be made to be shown where it means something.
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_.-]{1,64}");

    private final Map<Method, Set<String>> parameters = new ConcurrentHashMap<>();

    @ServerRequestFilter
    void refuseUnknownParameters(ResourceInfo resource, UriInfo uri) {
        Set<String> known = parameters.computeIfAbsent(resource.getResourceMethod(), UnknownNames::parametersOf);
        for (String name : uri.getQueryParameters().keySet()) {
            if (!known.contains(name)) {
                throw ProblemException.invalid(sentence("the query has", name, "parameter", known));
            }
        }
    }

    /** One line about a field that no record has. */
    static String field(UnrecognizedPropertyException unknown) {
        Collection<Object> ids = unknown.getKnownPropertyIds();
        List<String> known =
                ids == null ? List.of() : ids.stream().map(String::valueOf).toList();
        List<JsonMappingException.Reference> path = unknown.getPath();
        String place = path.subList(0, Math.max(0, path.size() - 1)).stream()
                .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                .collect(Collectors.joining());
        return sentence(
                place.isEmpty() ? "it has" : place.substring(place.startsWith(".") ? 1 : 0) + " has",
                unknown.getPropertyName(),
                "field",
                known);
    }

    private static String sentence(String where, String name, String what, Collection<String> known) {
        String shown = PLAIN.matcher(name).matches() ? "the unknown " + what + " " + name : "an unknown " + what;
        String hint = Nearest.to(name, known)
                .map(meant -> "did you mean " + meant + "?")
                .orElseGet(() ->
                        known.isEmpty() ? "it takes none" : "known are " + String.join(", ", new TreeSet<>(known)));
        return where + " " + shown + "; " + hint;
    }

    private static Set<String> parametersOf(Method method) {
        Set<String> names = new TreeSet<>();
        for (Parameter parameter : method.getParameters()) {
            addName(parameter, names);
            if (parameter.isAnnotationPresent(BeanParam.class)) {
                for (Field field : parameter.getType().getDeclaredFields()) {
                    addName(field, names);
                }
            }
        }
        return names;
    }

    private static void addName(AnnotatedElement parameter, Set<String> names) {
        QueryParam query = parameter.getAnnotation(QueryParam.class);
        if (query != null) {
            names.add(query.value());
        }
    }
}
