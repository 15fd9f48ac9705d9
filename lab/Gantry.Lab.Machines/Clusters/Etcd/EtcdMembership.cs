using System.Security.Cryptography;
using System.Text;

namespace Gantry.Lab.Machines.Clusters.Etcd;

/// <summary>
/// The membership of an etcd cluster and its operations: raft as clients observe it. Elections and learner synchronization take
/// no time here; the caller waits for the duration of a real one.
/// </summary>
internal static class EtcdMembership
{
    /// <summary>The id of a new member, unique by cluster, address and count of members; etcd hashes address and time.</summary>
    public static string NewId(ControlPlaneRecord record, string address) =>
        BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes($"{record.Id}/{address}/{record.MembersEver}"))).ToString();

    /// <summary>
    /// <c>member add --learner</c>. Allowed for one learner at a time, and only while every voting member is connected.
    /// </summary>
    /// <exception cref="EtcdFault">etcd refuses the operation.</exception>
    public static ControlPlaneRecord AddLearner(ControlPlaneRecord record, ControlPlaneMember machine)
    {
        RequireQuorum(record);
        if (record.Members.Any(member => member.Learner))
        {
            throw EtcdFault.Precondition("etcdserver: too many learner members in cluster");
        }

        if (record.Members.Any(member => member.Address == machine.Address))
        {
            throw EtcdFault.Precondition("etcdserver: Peer URLs already exists");
        }

        return record.Members.Any(member => !member.Learner && !member.Up)
            ? throw EtcdFault.Unavailable("etcdserver: unhealthy cluster")
            : record with
            {
                Members =
                [
                    .. record.Members,
                    machine with
                    {
                        EtcdId = NewId(record, machine.Address),
                        Learner = true,
                        Started = false,
                    },
                ],
                MembersEver = record.MembersEver + 1,
                Former = [.. record.Former.Where(former => former.Address != machine.Address)],
            };
    }

    /// <summary>The member's process has started and published its name.</summary>
    public static ControlPlaneRecord Start(ControlPlaneRecord record, string id)
    {
        RequireQuorum(record);
        return With(record, id, member => member with { Started = true });
    }

    /// <summary><c>member promote</c>: the learner votes from now on.</summary>
    /// <exception cref="EtcdFault">etcd refuses the operation.</exception>
    public static ControlPlaneRecord Promote(ControlPlaneRecord record, string id)
    {
        RequireQuorum(record);
        return Get(record, id) is not { Learner: true } learner
                ? throw EtcdFault.Precondition("etcdserver: can only promote a learner member")
            : learner is { Started: true, Up: true } ? With(record, id, member => member with { Learner = false })
            : throw EtcdFault.Precondition("etcdserver: can only promote a learner member which is in sync with leader");
    }

    /// <summary><c>member remove</c> under etcd's strict reconfiguration check.</summary>
    /// <exception cref="EtcdFault">etcd refuses the operation.</exception>
    public static ControlPlaneRecord Remove(ControlPlaneRecord record, string id)
    {
        var leaving = Get(record, id);
        var voters = record.Voters;
        if (!leaving.Learner)
        {
            var rest = voters.Where(member => member.EtcdId != id).ToArray();
            if (rest.Length is 0 || rest.Count(member => member.Started) < (rest.Length / 2) + 1)
            {
                throw EtcdFault.Precondition("etcdserver: re-configuration failed due to not enough started members");
            }

            // A member that is down does not count towards the quorum and can always be removed.
            if (leaving.Up && voters.Count(member => member.Up) - 1 < 1 + ((voters.Count - 1) / 2))
            {
                throw EtcdFault.Unavailable("etcdserver: unhealthy cluster");
            }
        }

        RequireQuorum(record);
        return record with
        {
            Members = [.. record.Members.Where(member => member.EtcdId != id)],
            Former = leaving is { Up: true, Started: true, Learner: false } ? [.. record.Former, leaving] : record.Former,
        };
    }

    /// <summary><c>move-leader</c>: the leader transfers leadership to another member.</summary>
    /// <exception cref="EtcdFault">etcd refuses the operation.</exception>
    public static ControlPlaneRecord MoveLeader(ControlPlaneRecord record, string asked, string to)
    {
        if (record.Leader != asked)
        {
            throw EtcdFault.Precondition("etcdserver: not leader");
        }

        if (record.Members.FirstOrDefault(member => member.EtcdId == to) is not { Learner: false } target)
        {
            throw EtcdFault.Precondition("etcdserver: bad leader transferee");
        }

        return !target.Up ? throw EtcdFault.Unavailable("etcdserver: request timed out, leader transfer took too long")
            : to == asked ? record
            : record with { Leader = to, Term = record.Term + 1 };
    }

    /// <summary>
    /// Updates the leader after a change: no leader without a quorum, and the longest-serving live member succeeds a lost one.
    /// </summary>
    public static ControlPlaneRecord Elect(ControlPlaneRecord record)
    {
        if (!record.HasQuorum)
        {
            return record.Leader.Length is 0 ? record : record with { Leader = "" };
        }

        var able = record.Voters.Where(member => member.Up).ToArray();
        return able.Any(member => member.EtcdId == record.Leader)
            ? record
            : record with
            {
                Leader = able[0].EtcdId,
                Term = record.Term + 1,
            };
    }

    private static void RequireQuorum(ControlPlaneRecord record)
    {
        if (!record.HasQuorum)
        {
            throw EtcdFault.Unavailable("etcdserver: request timed out");
        }
    }

    private static ControlPlaneMember Get(ControlPlaneRecord record, string id) =>
        record.Members.FirstOrDefault(member => member.EtcdId == id) ?? throw EtcdFault.Missing("etcdserver: member not found");

    private static ControlPlaneRecord With(
        ControlPlaneRecord record,
        string id,
        Func<ControlPlaneMember, ControlPlaneMember> change
    )
    {
        Get(record, id);
        return record with { Members = [.. record.Members.Select(member => member.EtcdId == id ? change(member) : member)] };
    }
}

/// <summary>An error of etcd: a gRPC code, its HTTP status, and a message.</summary>
internal sealed class EtcdFault : Exception
{
    private EtcdFault(int code, int status, string message)
        : base(message)
    {
        Code = code;
        Status = status;
    }

    public int Code { get; }

    public int Status { get; }

    public static EtcdFault Precondition(string message) => new(9, 400, message);

    public static EtcdFault Unavailable(string message) => new(14, 503, message);

    public static EtcdFault Missing(string message) => new(5, 404, message);

    public static EtcdFault Invalid(string message) => new(3, 400, message);
}
