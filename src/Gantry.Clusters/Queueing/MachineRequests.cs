using System.Collections;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Queueing;

/// <summary>The machine requests of all clusters of one region.</summary>
public sealed class MachineRequests : IEnumerable<MachineRequest>
{
    private readonly Dictionary<ClusterId, MachineRequest> _byCluster = [];

    public MachineRequests() { }

    public MachineRequests(IEnumerable<MachineRequest> requests)
    {
        foreach (var request in requests)
        {
            Set(request);
        }
    }

    /// <summary>Grows with every change.</summary>
    public long Version { get; private set; }

    /// <summary>Sets the cluster's request. An empty request is removed.</summary>
    public void Set(MachineRequest request)
    {
        if (request.Missing.Count is 0)
        {
            Remove(request.Cluster);
        }
        else if (!request.Equals(Find(request.Cluster)))
        {
            _byCluster[request.Cluster] = request;
            Version++;
        }
    }

    public void Remove(ClusterId cluster)
    {
        if (_byCluster.Remove(cluster))
        {
            Version++;
        }
    }

    public MachineRequest? Find(ClusterId cluster) => _byCluster.GetValueOrDefault(cluster);

    public IEnumerator<MachineRequest> GetEnumerator() => _byCluster.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
