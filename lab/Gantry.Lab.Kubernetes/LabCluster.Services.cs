using System.Net;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    /// <summary>
    /// kubeadm's default service network is 10.96.0.0/12; its first addresses are reserved for the API and DNS.
    /// </summary>
    internal string FreeServiceAddress()
    {
        var taken = _objects.All("services").Select(s => s.Read().Text("spec", "clusterIP")).ToHashSet(StringComparer.Ordinal);
        for (uint host = 100; ; host++)
        {
            var n = (10u << 24) | (96u << 16) | host;
            var address = new IPAddress([(byte)(n >> 24), (byte)(n >> 16), (byte)(n >> 8), (byte)n]).ToString();
            if (!taken.Contains(address))
            {
                return address;
            }
        }
    }
}
