using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Engine;

/// <summary>What MAAS has not answered in a run of a cluster, and without which the run goes on.</summary>
internal sealed class Unanswered
{
    private readonly List<string> _texts = [];

    /// <summary>A sentence for each call.</summary>
    public IReadOnlyList<string> Texts => _texts;

    /// <summary>Machines of which MAAS has not told how they are now.</summary>
    public HashSet<SystemId> Unseen { get; } = [];

    /// <summary>Machines of which MAAS has not told whose they are now: nothing is done to them.</summary>
    public HashSet<SystemId> Doubtful { get; } = [];

    /// <summary>The run goes on without this answer, and says so.</summary>
    public void Add(RegionException late) => Add(late.Message);

    /// <summary>A question does not ask for what the last run of the cluster waits for.</summary>
    public void Add(Unanswered other)
    {
        foreach (var text in other.Texts)
        {
            Add(text);
        }

        Unseen.UnionWith(other.Unseen);
        Doubtful.UnionWith(other.Doubtful);
    }

    private void Add(string text)
    {
        if (!_texts.Contains(text))
        {
            _texts.Add(text);
        }
    }
}
