using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>The members of a cluster's etcd at one moment.</summary>
public sealed record EtcdFacts(IReadOnlyList<EtcdMember> Members)
{
    public IEnumerable<EtcdMember> Voters => Members.Where(member => member.Voting);

    public EtcdMember? Find(string node) => Members.FirstOrDefault(member => member.Name == node);

    /// <summary>The member that is joining and does not vote yet; etcd takes one at a time.</summary>
    public EtcdMember? Learner => Members.FirstOrDefault(member => !member.Voting);

    /// <summary>Votes needed for a decision among <paramref name="voters"/>.</summary>
    public static int Quorum(int voters) => (voters / 2) + 1;

    /// <summary>Every member votes and answers.</summary>
    public bool IsWhole => Members.All(member => member is { Voting: true, Healthy: true });

    /// <summary>Whether etcd has quorum now, to decide the removal, and after it.</summary>
    public bool SurvivesRemovalOf(EtcdMember leaving)
    {
        var voters = Voters.ToList();
        var healthy = voters.Count(member => member.Healthy);
        if (healthy < Quorum(voters.Count))
        {
            return false;
        }

        var left = voters.Where(member => member.Id != leaving.Id).ToList();
        return left.Count(member => member.Healthy) >= Quorum(left.Count);
    }

    /// <summary>Whether etcd keeps quorum while this node is switched off and stays a member.</summary>
    public bool SurvivesSilenceOf(string node)
    {
        var voters = Voters.ToList();
        return voters.Count(member => member.Healthy && member.Name != node) >= Quorum(voters.Count);
    }
}

/// <param name="Id">etcd's member id.</param>
/// <param name="Name">The node's name; empty while the member has not started.</param>
/// <param name="Voting">A learner does not vote yet.</param>
public sealed record EtcdMember(string Id, string Name, bool Voting, bool Healthy, bool Leader)
{
    /// <summary>The alarms that this member raises, by etcd's names: <c>NOSPACE</c>, <c>CORRUPT</c>.</summary>
    public ValueList<string> Alarms { get; init; } = [];

    /// <summary>The version of the member's process; <c>null</c> when it has not told.</summary>
    public Version? Version { get; init; }
}
