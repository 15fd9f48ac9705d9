using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>
/// Creates the <c>default</c> service account of each namespace and, with a known authority, its CA config map.
/// </summary>
internal static class ServiceAccounts
{
    public static void Run(Moment moment)
    {
        foreach (var ns in moment.List(KubeResources.Namespaces).Where(n => !n.IsDeleting()))
        {
            if (moment.Cluster.Objects.Find("serviceaccounts", ns.Name() + "/default") is null)
            {
                moment.Create(
                    KubeResources.ServiceAccounts,
                    new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["name"] = "default", ["namespace"] = ns.Name() },
                    }
                );
            }

            if (
                moment.Cluster.Authority is { } authority
                && moment.Cluster.Objects.Find("configmaps", ns.Name() + "/kube-root-ca.crt") is null
            )
            {
                moment.Create(
                    KubeResources.ConfigMaps,
                    new JsonObject
                    {
                        ["metadata"] = new JsonObject { ["name"] = "kube-root-ca.crt", ["namespace"] = ns.Name() },
                        ["data"] = new JsonObject { ["ca.crt"] = authority.ExportCertificatePem() + "\n" },
                    }
                );
            }
        }
    }
}
