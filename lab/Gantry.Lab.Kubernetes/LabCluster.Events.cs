using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    /// <summary>The limit of stored events. Real clusters expire events after an hour; a count needs no timer.</summary>
    private const int KeptEvents = 60;

    /// <summary>Records an event of an object, as <c>kubectl describe</c> shows it.</summary>
    internal void RecordEvent(
        KubeResource resource,
        JsonObject about,
        string component,
        string reason,
        string message,
        bool warning = false
    )
    {
        var ns = about.Namespace() ?? "default";
        if (_objects.Find("namespaces", ns) is not { } stored || stored.Read().IsDeleting())
        {
            return;
        }

        // Kubelets and controllers use the node's name as uid in events; describe queries both forms.
        var involved = new JsonObject
        {
            ["kind"] = resource.Kind,
            ["apiVersion"] = resource.ApiVersion,
            ["name"] = about.Name(),
            ["uid"] = resource == KubeResources.Nodes ? about.Name() : about.Uid(),
        };
        involved.SetOrRemove("namespace", about.Namespace());
        CreateCore(
            KubeResources.Events,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"{about.Name()}.{_objects.ResourceVersion + 1:x16}",
                    ["namespace"] = ns,
                },
                ["involvedObject"] = involved,
                ["reason"] = reason,
                ["message"] = message,
                ["source"] = new JsonObject { ["component"] = component },
                ["firstTimestamp"] = Now,
                ["lastTimestamp"] = Now,
                ["count"] = 1,
                ["type"] = warning ? "Warning" : "Normal",
                ["reportingComponent"] = component,
                ["reportingInstance"] = "",
                ["eventTime"] = null,
            },
            WriteOptions.Default
        );
        foreach (var old in _objects.All("events").OrderBy(e => e.ResourceVersion).SkipLast(KeptEvents).ToArray())
        {
            _objects.Remove("events", old.Key);
        }
    }
}
