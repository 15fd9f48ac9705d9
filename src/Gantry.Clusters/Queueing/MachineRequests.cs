using System.Collections;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Queueing;

/// <summary>The machine requests of all clusters of one region, oldest first.</summary>
public sealed class MachineRequests : IEnumerable<MachineRequest>
{
    private readonly SortedSet<MachineRequest> _byAge = new(Comparer<MachineRequest>.Create(MachineRequest.Compare));
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
            Remove(request.Cluster);
            _byCluster[request.Cluster] = request;
            _byAge.Add(request);
            Version++;
        }
    }

    public void Remove(ClusterId cluster)
    {
        if (_byCluster.Remove(cluster, out var known))
        {
            _byAge.Remove(known);
            Version++;
        }
    }

    public MachineRequest? Find(ClusterId cluster) => _byCluster.GetValueOrDefault(cluster);

    public IEnumerator<MachineRequest> GetEnumerator() => _byAge.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
