using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;

namespace Gantry.Lab.Tests.Kubernetes;

/// <summary>
/// The real kubectl against the emulated API server. Set <c>KUBECTL</c> to use another kubectl than the one on the path.
/// </summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - {name: app, image: "web:1", ports: [{containerPort: 80}], env: [{name: A, value: "1"}]}
        """;

    private LabApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        Kubectl.SkipWhenMissing();
        _api = await LabApi.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_api is not null)
        {
            await _api.DisposeAsync();
        }
    }

    [Fact]
    public async Task Get_nodes_shows_roles_versions_and_addresses()
    {
        var nodes = await _api.KubectlAsync("get nodes -o wide");

        Assert.Matches(@"cp-1 +Ready +control-plane +\S+ +v1.32.4 +10.0.0.10 ", nodes);
        Assert.Matches(@"worker-3 +Ready +<none> .*Ubuntu 24.04.2 LTS .*containerd://1.7.27", nodes);
    }

    [Fact]
    public async Task A_new_cluster_has_the_pods_that_kubeadm_creates()
    {
        await _api.KubectlAsync("-n kube-system rollout status daemonset/kube-proxy --timeout 20s");
        await _api.KubectlAsync("-n kube-system rollout status deployment/coredns --timeout 20s");
        var pods = await _api.KubectlAsync("get pods -n kube-system -o wide");

        foreach (
            var name in (string[])["etcd-cp-1", "kube-apiserver-cp-1", "kube-controller-manager-cp-1", "kube-scheduler-cp-1"]
        )
        {
            Assert.Matches(name + @" +1/1 +Running", pods);
        }

        Assert.Equal(4, pods.Split("kube-proxy-").Length - 1);
        Assert.Equal(2, pods.Split("coredns-").Length - 1);
    }

    [Fact]
    public async Task Describe_node_shows_conditions_the_lease_and_the_pods()
    {
        var node = await _api.KubectlAsync("describe node cp-1");

        Assert.Contains("node-role.kubernetes.io/control-plane:NoSchedule", node, StringComparison.Ordinal);
        Assert.Contains("HolderIdentity:  cp-1", node, StringComparison.Ordinal);
        Assert.Contains("kubelet is posting ready status", node, StringComparison.Ordinal);
        Assert.Contains("etcd-cp-1", node, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_applied_deployment_rolls_out_and_applying_it_again_changes_nothing()
    {
        Assert.Contains("created", await _api.KubectlAsync("apply -f -", Web), StringComparison.Ordinal);
        Assert.Contains(
            "successfully rolled out",
            await _api.KubectlAsync("rollout status deploy/web --timeout 20s"),
            StringComparison.Ordinal
        );
        Assert.Contains("unchanged", await _api.KubectlAsync("apply -f -", Web), StringComparison.Ordinal);

        Assert.Contains(
            "configured",
            await _api.KubectlAsync("apply -f -", Web.Replace("web:1", "web:2", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
        await _api.KubectlAsync("rollout status deploy/web --timeout 20s");

        Assert.Equal(
            "web:2 web:2 web:2",
            await _api.KubectlAsync(
                "get pods -l app=web --field-selector status.phase=Running -o jsonpath={.items[*].spec.containers[0].image}"
            )
        );
    }

    [Fact]
    public async Task Server_side_apply_refuses_a_field_of_another_manager_until_forced()
    {
        await _api.KubectlAsync("apply --server-side -f -", Web);
        var other = Web.Replace("web:1", "web:2", StringComparison.Ordinal);

        var refused = await _api.TryKubectlAsync("apply --server-side --field-manager other -f -", other);
        Assert.Contains(
            "Apply failed with 1 conflict: conflict with \"kubectl\": .spec.template.spec.containers[name=\"app\"].image",
            refused.Errors,
            StringComparison.Ordinal
        );

        await _api.KubectlAsync("apply --server-side --field-manager other --force-conflicts -f -", other);
        Assert.Equal("web:2", await _api.KubectlAsync("get deploy web -o jsonpath={.spec.template.spec.containers[0].image}"));
    }

    [Fact]
    public async Task A_misspelled_field_is_refused_by_name()
    {
        var refused = await _api.TryKubectlAsync("apply -f -", Web.Replace("replicas:", "replicaz:", StringComparison.Ordinal));

        Assert.NotEqual(0, refused.Code);
        Assert.Contains("unknown field \"", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("replicaz", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drain_moves_the_pods_away_and_leaves_daemon_sets_and_static_pods()
    {
        await _api.KubectlAsync("apply -f -", Web);
        await _api.KubectlAsync("rollout status deploy/web --timeout 20s");

        await _api.KubectlAsync("drain worker-1 --ignore-daemonsets --timeout 20s");
        await _api.KubectlAsync("rollout status deploy/web --timeout 20s");

        Assert.Contains("Ready,SchedulingDisabled", await _api.KubectlAsync("get node worker-1"), StringComparison.Ordinal);
        var left = await _api.KubectlAsync("get pods -A --field-selector spec.nodeName=worker-1 -o name");
        Assert.StartsWith("pod/kube-proxy-", left, StringComparison.Ordinal);
        Assert.Single(left.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await _api.KubectlAsync("uncordon worker-1");
        Assert.DoesNotContain("SchedulingDisabled", await _api.KubectlAsync("get nodes"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drain_waits_for_a_disruption_budget_and_reports_it()
    {
        await _api.KubectlAsync("apply -f -", Web);
        await _api.KubectlAsync("rollout status deploy/web --timeout 20s");
        await _api.KubectlAsync(
            "apply -f -",
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web}
            spec: {minAvailable: 3, selector: {matchLabels: {app: web}}}
            """
        );

        var drain = await _api.TryKubectlAsync("drain worker-1 worker-2 worker-3 --ignore-daemonsets --timeout 2s");

        Assert.NotEqual(0, drain.Code);
        Assert.Contains(
            "Cannot evict pod as it would violate the pod's disruption budget",
            drain.Output + drain.Errors,
            StringComparison.Ordinal
        );
        Assert.Equal(3, _api.Cluster.List(KubeResources.Pods, "default").Count);
    }

    [Fact]
    public async Task Watching_a_node_shows_it_become_not_ready()
    {
        var watch = _api.KubectlAsync("wait node/worker-2 --for=condition=Ready=Unknown --timeout 20s");
        _api.Cluster.SetNodeReports("worker-2", reports: false);

        Assert.Contains("condition met", await watch, StringComparison.Ordinal);
        Assert.Matches(@"worker-2 +NotReady", await _api.KubectlAsync("get nodes"));
    }

    [Fact]
    public async Task Custom_resources_are_served_with_their_columns_once_they_are_defined()
    {
        await _api.KubectlAsync(
            "apply -f -",
            """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.example.com}
            spec:
              group: example.com
              scope: Namespaced
              names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd]}
              versions:
              - name: v1
                served: true
                storage: true
                additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
                schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
            """
        );
        await _api.KubectlAsync("wait --for=condition=Established crd/widgets.example.com --timeout 10s");

        await _api.KubectlAsync("apply -f -", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: 3}\n");
        await _api.KubectlAsync(
            "patch widget a --type merge -p {\"spec\":{\"size\":5}}".Replace("\"", "\\\"", StringComparison.Ordinal)
        );

        Assert.Matches(@"NAME +SIZE\s+a +5", await _api.KubectlAsync("get wd"));
        await _api.KubectlAsync("delete crd widgets.example.com --timeout 10s");
        Assert.NotEqual(0, (await _api.TryKubectlAsync("get widgets")).Code);
    }

    [Fact]
    public async Task Volumes_claims_and_attachments_are_stored_and_listed()
    {
        await _api.KubectlAsync(
            "apply -f -",
            """
            apiVersion: v1
            kind: PersistentVolume
            metadata: {name: pvc-123}
            spec:
              capacity: {storage: 10Gi}
              accessModes: [ReadWriteOnce]
              storageClassName: fast
              claimRef: {namespace: default, name: data}
              csi: {driver: csi.example.com, volumeHandle: "7"}
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], storageClassName: fast, volumeName: pvc-123, resources: {requests: {storage: 10Gi}}}
            ---
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttachment
            metadata: {name: csi-7}
            spec: {attacher: csi.example.com, nodeName: worker-1, source: {persistentVolumeName: pvc-123}}
            """
        );

        Assert.Matches(
            @"volumeattachments +storage.k8s.io/v1 +false +VolumeAttachment",
            await _api.KubectlAsync("api-resources --api-group storage.k8s.io")
        );
        Assert.Matches(@"pvc-123 +10Gi +RWO .* default/data +fast", await _api.KubectlAsync("get pv"));
        Assert.Matches(@"data +Pending +pvc-123 ", await _api.KubectlAsync("get pvc"));
        Assert.Matches(
            @"NAME +ATTACHER +PV +NODE +ATTACHED +AGE\s+csi-7 +csi.example.com +pvc-123 +worker-1 +false ",
            await _api.KubectlAsync("get volumeattachments")
        );

        _api.Cluster.Change(
            KubeResources.VolumeAttachments,
            null,
            "csi-7",
            attachment => attachment["status"] = new JsonObject { ["attached"] = true }
        );
        Assert.Equal("true", await _api.KubectlAsync("get volumeattachment csi-7 -o jsonpath={.status.attached}"));
        await _api.KubectlAsync("delete volumeattachment csi-7 --timeout 10s");
        Assert.Empty(_api.Cluster.List(KubeResources.VolumeAttachments));
    }

    [Fact]
    public async Task The_create_commands_create_their_objects()
    {
        await _api.KubectlAsync("create namespace team");
        await _api.KubectlAsync("create configmap c -n team --from-literal a=b");
        await _api.KubectlAsync("create secret generic s -n team --from-literal a=b");
        await _api.KubectlAsync("create deployment d -n team --image web:1 --replicas 2");
        await _api.KubectlAsync("create serviceaccount bob -n team");
        await _api.KubectlAsync("create job j -n team --image busybox");
        await _api.KubectlAsync("wait --for=condition=complete job/j -n team --timeout 20s");

        Assert.Equal(
            "b Yg==",
            await _api.KubectlAsync("get configmap c -n team -o jsonpath={.data.a}")
                + " "
                + await _api.KubectlAsync("get secret s -n team -o jsonpath={.data.a}")
        );
        await _api.KubectlAsync("rollout status deploy/d -n team --timeout 20s");
        await _api.KubectlAsync("delete namespace team --timeout 20s");
        Assert.Null(_api.Cluster.Find(KubeResources.Secrets, "team", "s"));
    }

    [Fact]
    public async Task Logs_reports_that_the_lab_has_none()
    {
        var logs = await _api.TryKubectlAsync("logs -n kube-system etcd-cp-1");

        Assert.NotEqual(0, logs.Code);
        Assert.Contains("is not available in the lab: its pods run no containers", logs.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Explain_shows_the_fields_of_a_pod()
    {
        Assert.Contains("imagePullPolicy", await _api.KubectlAsync("explain pod.spec.containers"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_has_the_rights_of_the_roles_of_the_groups_and_no_others()
    {
        var viewer = _api.WriteKubeconfig("viewer", "O=viewers, CN=jane");
        await _api.KubectlAsync("create clusterrolebinding viewers --clusterrole view --group viewers");

        Assert.Equal("yes\n", (await _api.TryKubectlAsync("auth can-i list pods", kubeconfig: viewer)).Output);
        Assert.Equal("no\n", (await _api.TryKubectlAsync("auth can-i delete pods", kubeconfig: viewer)).Output);
        var refused = await _api.TryKubectlAsync("delete pod x", kubeconfig: viewer);
        Assert.Contains(
            "Error from server (Forbidden): pods \"x\" is forbidden: User \"jane\" cannot delete resource \"pods\" in "
                + "API group \"\" in the namespace \"default\"",
            refused.Errors,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_bootstrap_token_may_read_nodes_until_it_expires()
    {
        PutToken("2999-01-01T00:00:00Z");
        var joiner = _api.WriteKubeconfig("joiner", subject: null, token: "abcdef.0123456789abcdef");
        Assert.Equal(0, (await _api.TryKubectlAsync("get node cp-1", kubeconfig: joiner)).Code);
        Assert.Contains(
            "Forbidden",
            (await _api.TryKubectlAsync("get pods", kubeconfig: joiner)).Errors,
            StringComparison.Ordinal
        );

        PutToken("2020-01-01T00:00:00Z");
        Assert.Contains(
            "Unauthorized",
            (await _api.TryKubectlAsync("get node cp-1", kubeconfig: joiner)).Errors,
            StringComparison.Ordinal
        );
    }

    private void PutToken(string expires)
    {
        if (_api.Cluster.Find(KubeResources.Secrets, "kube-system", "bootstrap-token-abcdef") is not null)
        {
            _api.Cluster.Delete(KubeResources.Secrets, "kube-system", "bootstrap-token-abcdef");
        }

        _api.Cluster.Create(
            KubeResources.Secrets,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "bootstrap-token-abcdef", ["namespace"] = "kube-system" },
                ["type"] = "bootstrap.kubernetes.io/token",
                ["stringData"] = new JsonObject
                {
                    ["token-id"] = "abcdef",
                    ["token-secret"] = "0123456789abcdef",
                    ["usage-bootstrap-authentication"] = "true",
                    ["auth-extra-groups"] = "system:bootstrappers:kubeadm:default-node-token",
                    ["expiration"] = expires,
                },
            }
        );
    }
}
