using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Clusters.Model;

namespace Gantry.Kubeadm;

/// <summary>The static pod that serves the virtual IP from the control planes.</summary>
internal static class KubeVip
{
    public const string ManifestPath = "/etc/kubernetes/manifests/kube-vip.yaml";
    public const string AdminConf = "/etc/kubernetes/admin.conf";

    /// <summary>
    /// From 1.29 on <c>admin.conf</c> has no rights until kubeadm binds its group, and kubeadm needs the virtual IP for that.
    /// The first control plane uses this kubeconfig until <c>kubeadm init</c> ends.
    /// </summary>
    public const string SuperAdminConf = "/etc/kubernetes/super-admin.conf";

    private const string Image = "ghcr.io/kube-vip/kube-vip:v1.2.3";

    /// <param name="choosesInterface">
    /// The machine has several networks: <see cref="NodeAddress"/> writes the interface. Otherwise kube-vip takes that of the default
    /// route.
    /// </param>
    public static CloudFile Manifest(ApiEndpoint endpoint, string kubeconfig, bool choosesInterface)
    {
        (string Name, string Value)[] settings =
        [
            ("vip_arp", "true"),
            ("cp_enable", "true"),
            ("cp_namespace", VirtualIpLease.Namespace),
            ("svc_enable", "false"),
            ("vip_leaderelection", "true"),
            ("vip_leasename", VirtualIpLease.Name),
            ("vip_leaseduration", Seconds(VirtualIpLease.Duration)),
            ("vip_renewdeadline", Seconds(VirtualIpLease.RenewDeadline)),
            ("vip_retryperiod", Seconds(VirtualIpLease.RetryPeriod)),
            ("address", endpoint.Host),
            ("port", $"{endpoint.Port}"),
            .. choosesInterface ? [("vip_interface", NodeAddress.VirtualIpInterface)] : Array.Empty<(string, string)>(),
        ];
        var environment = new JsonArray([
            .. settings.Select(setting => new JsonObject { ["name"] = setting.Name, ["value"] = setting.Value }),
        ]);
        environment.Add(
            (JsonNode)
                new JsonObject
                {
                    ["name"] = "vip_nodename",
                    ["valueFrom"] = new JsonObject { ["fieldRef"] = new JsonObject { ["fieldPath"] = "spec.nodeName" } },
                }
        );
        var pod = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = "kube-vip", ["namespace"] = "kube-system" },
            ["spec"] = new JsonObject
            {
                ["hostNetwork"] = true,
                ["containers"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "kube-vip",
                        ["image"] = Image,
                        ["imagePullPolicy"] = "IfNotPresent",
                        ["args"] = new JsonArray("manager"),
                        ["env"] = environment,
                        ["securityContext"] = new JsonObject
                        {
                            ["capabilities"] = new JsonObject { ["add"] = new JsonArray("NET_ADMIN", "NET_RAW") },
                        },
                        ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "kubeconfig", ["mountPath"] = AdminConf }),
                    }
                ),

                // The API server's certificate names "kubernetes" but not 127.0.0.1.
                ["hostAliases"] = new JsonArray(
                    new JsonObject { ["ip"] = "127.0.0.1", ["hostnames"] = new JsonArray("kubernetes") }
                ),
                ["volumes"] = new JsonArray(
                    new JsonObject
                    {
                        ["name"] = "kubeconfig",
                        ["hostPath"] = new JsonObject { ["path"] = kubeconfig, ["type"] = "File" },
                    }
                ),
            },
        };
        return new CloudFile(ManifestPath, JsonText.Write(pod) + "\n", "0600");
    }

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
}
