using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>Updates the endpoints and endpoint slices of services with a selector.</summary>
internal static class EndpointLists
{
    public static void Run(Moment moment)
    {
        foreach (var service in moment.List(KubeResources.Services))
        {
            if (service.At("spec", "selector") is not JsonObject { Count: > 0 } selector || service.IsDeleting())
            {
                continue;
            }

            var matching = Selector.OfMap(selector);
            var pods = moment
                .List(KubeResources.Pods)
                .Where(p =>
                    p.Namespace() == service.Namespace()
                    && matching.MatchesLabels(p)
                    && p.HasCondition("Ready")
                    && !p.IsDeleting()
                )
                .ToArray();
            Slice(moment, service, pods);
            Endpoints(moment, service, pods);
        }
    }

    private static void Slice(Moment moment, JsonObject service, JsonObject[] pods)
    {
        var slice = moment
            .List(KubeResources.EndpointSlices)
            .FirstOrDefault(s => s.Namespace() == service.Namespace() && s.Controller().Text("uid") == service.Uid());
        var made = slice is null;
        slice ??= new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["generateName"] = service.Name() + "-",
                ["namespace"] = service.Namespace(),
                ["labels"] = new JsonObject
                {
                    ["kubernetes.io/service-name"] = service.Name(),
                    ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io",
                },
                ["ownerReferences"] = new JsonArray(Moment.OwnerReference(KubeResources.Services, service)),
            },
            ["addressType"] = "IPv4",
        };
        slice["ports"] = Ports(service);
        slice["endpoints"] = new JsonArray([
            .. pods.Select(p => new JsonObject
            {
                ["addresses"] = new JsonArray(p.Text("status", "podIP")),
                ["conditions"] = new JsonObject
                {
                    ["ready"] = true,
                    ["serving"] = true,
                    ["terminating"] = false,
                },
                ["nodeName"] = p.Text("spec", "nodeName"),
                ["targetRef"] = Reference(p),
            }),
        ]);
        if (made)
        {
            moment.Create(KubeResources.EndpointSlices, slice);
        }
        else
        {
            moment.Save(KubeResources.EndpointSlices, slice);
        }
    }

    private static void Endpoints(Moment moment, JsonObject service, JsonObject[] pods)
    {
        var endpoints = moment
            .List(KubeResources.Endpoints)
            .FirstOrDefault(e => e.Namespace() == service.Namespace() && e.Name() == service.Name());
        var made = endpoints is null;
        endpoints ??= new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = service.Name(),
                ["namespace"] = service.Namespace(),
                ["ownerReferences"] = new JsonArray(Moment.OwnerReference(KubeResources.Services, service)),
            },
        };
        if (pods.Length == 0)
        {
            endpoints.Remove("subsets");
        }
        else
        {
            endpoints["subsets"] = new JsonArray(
                new JsonObject
                {
                    ["addresses"] = new JsonArray([
                        .. pods.Select(p => new JsonObject
                        {
                            ["ip"] = p.Text("status", "podIP"),
                            ["nodeName"] = p.Text("spec", "nodeName"),
                            ["targetRef"] = Reference(p),
                        }),
                    ]),
                    ["ports"] = Ports(service),
                }
            );
        }

        if (made)
        {
            moment.Create(KubeResources.Endpoints, endpoints);
        }
        else
        {
            moment.Save(KubeResources.Endpoints, endpoints);
        }
    }

    private static JsonArray Ports(JsonObject service) =>
        new([
            .. service
                .Items("spec", "ports")
                .Select(p =>
                {
                    var port = new JsonObject
                    {
                        ["port"] = p.Number("targetPort") ?? p.Number("port"),
                        ["protocol"] = p.Text("protocol") ?? "TCP",
                    };
                    port.SetOrRemove("name", p.Text("name"));
                    return port;
                }),
        ]);

    private static JsonObject Reference(JsonObject pod) =>
        new()
        {
            ["kind"] = "Pod",
            ["name"] = pod.Name(),
            ["namespace"] = pod.Namespace(),
            ["uid"] = pod.Uid(),
        };
}

/// <summary>Sets <c>Established</c> on custom resource definitions, because clients wait for it.</summary>
internal static class CustomDefinitions
{
    public static void Run(Moment moment)
    {
        foreach (var definition in moment.List(KubeResources.CustomResourceDefinitions))
        {
            var status = definition.Under("status");
            status["acceptedNames"] = definition.At("spec", "names")?.DeepClone();
            var stored = definition.Items("spec", "versions").Where(v => v.Flag("storage"));
            status["storedVersions"] ??= new JsonArray([.. stored.Select(v => JsonValue.Create(v.Text("name")))]);
            definition.SetCondition("NamesAccepted", "True", moment.Stamp, "NoConflicts", "no conflicts found");
            definition.SetCondition(
                "Established",
                "True",
                moment.Stamp,
                "InitialNamesAccepted",
                "the initial names have been accepted"
            );
            moment.Save(KubeResources.CustomResourceDefinitions, definition);
        }
    }
}
