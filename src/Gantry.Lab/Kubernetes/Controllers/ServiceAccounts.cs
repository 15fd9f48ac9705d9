using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>Gives each namespace its <c>default</c> service account.</summary>
internal static class ServiceAccounts
{
    public static void Run(Moment moment)
    {
        foreach (var ns in moment.List(KubeResources.Namespaces).Where(n => !n.IsDeleting()))
        {
            if (moment.Cluster.Objects.Find("serviceaccounts", ns.Name() + "/default") is null)
            {
                moment.Create(KubeResources.ServiceAccounts, new JsonObject
                {
                    ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = ns.Name() },
                });
            }
        }
    }
}
