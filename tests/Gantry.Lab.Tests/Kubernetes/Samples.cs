using System.Text.Json.Nodes;

namespace Gantry.Lab.Tests.Kubernetes;

internal static class Samples
{
    public static JsonObject Deployment(string name, int replicas) =>
        new()
        {
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                    ["spec"] = new JsonObject
                    {
                        ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = $"{name}:1" }),
                    },
                },
            },
        };

    /// <summary>A daemon set with host network, like that of a network plug-in.</summary>
    public static JsonObject NetworkPlugin()
    {
        var set = Deployment("cni", replicas: 1);
        set["metadata"]!["namespace"] = "kube-system";
        set["spec"]!.AsObject().Remove("replicas");
        set["spec"]!["template"]!["spec"]!["hostNetwork"] = true;
        set["spec"]!["template"]!["spec"]!["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" });
        return set;
    }
}
