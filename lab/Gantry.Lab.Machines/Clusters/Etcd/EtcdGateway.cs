using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Machines.Clusters.Etcd;

/// <summary>
/// The JSON gateway of one member, without HTTP: maps a call and its message to a response. Names, omitted zeros and 64-bit
/// numbers as strings follow etcd 3.5's gateway (<c>api/etcdserverpb/rpc.proto</c>).
/// </summary>
/// <param name="follow">Updates the listeners after a membership change.</param>
internal sealed class EtcdGateway(ControlPlane cluster, string memberId, Action follow)
{
    /// <param name="call">The path, for example <c>/v3/cluster/member/list</c>.</param>
    public (int Status, JsonObject Body) Answer(string call, ReadOnlySpan<byte> message)
    {
        try
        {
            JsonObject request;
            try
            {
                request =
                    JsonNode.Parse(message) as JsonObject ?? throw EtcdFault.Invalid("invalid character: an object is expected");
            }
            catch (JsonException malformed)
            {
                throw EtcdFault.Invalid(malformed.Message);
            }

            return (200, Answer(call, request));
        }
        catch (EtcdFault fault)
        {
            return (
                fault.Status,
                new JsonObject
                {
                    ["error"] = fault.Message,
                    ["code"] = fault.Code,
                    ["message"] = fault.Message,
                }
            );
        }
    }

    private JsonObject Answer(string call, JsonObject request)
    {
        var record = cluster.Record;
        var self =
            record.Members.FirstOrDefault(member => member.EtcdId == memberId)
            ?? throw EtcdFault.Unavailable("etcdserver: server stopped");
        if (call is "/v3/maintenance/status")
        {
            return Status(record, self);
        }

        if (self.Learner)
        {
            throw EtcdFault.Unavailable("etcdserver: rpc not supported for learner");
        }

        switch (call)
        {
            case "/v3/cluster/member/list":
                if (request["linearizable"]?.ToString() is "true")
                {
                    RequireLeader(record);
                }

                return Members(record);
            case "/v3/cluster/member/remove":
                var id = Number(request["ID"]);
                cluster.Change(before => EtcdMembership.Remove(before, id));
                follow();
                return Members(cluster.Record);
            case "/v3/maintenance/transfer-leadership":
                var to = Number(request["targetID"]);
                cluster.Change(before => EtcdMembership.MoveLeader(before, memberId, to));
                return new JsonObject { ["header"] = Header(cluster.Record) };
            case "/v3/maintenance/alarm":
                RequireLeader(record);
                return request["action"]?.ToString() is null or "GET" or "0"
                    ? Alarms(record)
                    : throw EtcdFault.Invalid("the lab's etcd only shows its alarms: use the action GET");
            default:
                throw EtcdFault.Missing("Not Found");
        }
    }

    private static void RequireLeader(ControlPlaneRecord record)
    {
        if (record.Leader.Length is 0)
        {
            throw EtcdFault.Unavailable("etcdserver: request timed out");
        }
    }

    private JsonObject Status(ControlPlaneRecord record, ControlPlaneMember self)
    {
        var status = new JsonObject
        {
            ["header"] = Header(record),
            ["version"] = self.EtcdVersion,
            ["dbSize"] = "20480",
            ["raftIndex"] = "1",
            ["raftTerm"] = record.Term.ToString(),
            ["raftAppliedIndex"] = "1",
            ["dbSizeInUse"] = "16384",
        };
        var errors = record
            .Members.Where(member => member.NoSpace)
            .Select(member => $"memberID:{member.EtcdId} alarm:NOSPACE ")
            .ToList();
        if (record.Leader.Length > 0)
        {
            status["leader"] = record.Leader;
        }
        else
        {
            errors.Insert(0, "etcdserver: no leader");
        }

        if (errors.Count > 0)
        {
            status["errors"] = new JsonArray([.. errors.Select(error => JsonValue.Create(error))]);
        }

        if (self.Learner)
        {
            status["isLearner"] = true;
        }

        return status;
    }

    private JsonObject Members(ControlPlaneRecord record) =>
        new()
        {
            ["header"] = Header(record),
            ["members"] = new JsonArray([
                .. record.Members.Select(member =>
                {
                    var shown = new JsonObject { ["ID"] = member.EtcdId };
                    if (member.Started)
                    {
                        shown["name"] = member.NodeName;
                    }

                    shown["peerURLs"] = new JsonArray($"https://{member.Address}:2380");
                    if (member.Started)
                    {
                        shown["clientURLs"] = new JsonArray($"https://{member.Address}:{ControlPlaneMember.EtcdPort}");
                    }

                    if (member.Learner)
                    {
                        shown["isLearner"] = true;
                    }

                    return shown;
                }),
            ]),
        };

    private JsonObject Alarms(ControlPlaneRecord record)
    {
        var answer = new JsonObject { ["header"] = Header(record) };
        if (record.Members.Any(member => member.NoSpace))
        {
            answer["alarms"] = new JsonArray([
                .. record
                    .Members.Where(member => member.NoSpace)
                    .Select(member => new JsonObject { ["memberID"] = member.EtcdId, ["alarm"] = "NOSPACE" }),
            ]);
        }

        return answer;
    }

    private JsonObject Header(ControlPlaneRecord record) =>
        new()
        {
            ["cluster_id"] = EtcdMembership.NewId(record with { MembersEver = 0 }, "cluster"),
            ["member_id"] = memberId,
            ["revision"] = "1",
            ["raft_term"] = record.Term.ToString(),
        };

    private static string Number(JsonNode? node) =>
        ulong.TryParse(node?.ToString(), out var number)
            ? number.ToString()
            : throw EtcdFault.Invalid("a member's id is a whole number");
}
